//! Creating objects only if they are absent.

use futures::future::join_all;

use super::{Found, Outcome, Trial};

/// How many objects are fought over.
const ROUNDS: usize = 3;

/// The second of two is refused, and changes nothing.
pub(super) async fn once(trial: &Trial) -> Found {
    let first = trial.create("once", "first".to_string()).await?;
    if first != Some(true) {
        return Err(format!("a new object was not created: {}", said(first)));
    }
    let second = trial.create("once", "second".to_string()).await?;
    let found = trial.get("once").await?;
    match second {
        Some(false) if found == b"first" => Ok(Outcome::Holds("the second is refused".to_string())),
        Some(true) => Err("the store ignores the condition, and overwrites".to_string()),
        _ if found != b"first" => Err("the second was refused, and yet overwrote".to_string()),
        answer => Err(format!("the second was not refused: {}", said(answer))),
    }
}

/// Of many at the same time one succeeds, and it is told so.
pub(super) async fn race(trial: &Trial) -> Found {
    let mut unclear = 0;
    for round in 0..ROUNDS {
        let name = format!("race-{round}");
        let creates = (0..trial.contenders).map(|n| trial.create(&name, format!("creator {n}")));
        let answers: Vec<_> = join_all(creates).await.into_iter().collect::<Result<_, _>>()?;
        let winners: Vec<_> = (0..).zip(&answers).filter(|(_, won)| **won == Some(true)).collect();
        if winners.len() > 1 {
            let number = winners.len();
            return Err(format!("{number} of {} were told they were first", trial.contenders));
        }
        let found = String::from_utf8_lossy(&trial.get(&name).await?).into_owned();
        let owner = found.strip_prefix("creator ").and_then(|n| n.parse::<usize>().ok());
        let owner = owner.ok_or_else(|| format!("nobody wrote {found:?}"))?;
        // One whose answer was lost may have won.
        let may_own = |n: usize| answers.get(n).is_some_and(|answer| *answer != Some(false));
        match winners.first() {
            Some((winner, _)) if *winner != owner => {
                return Err(format!("{winner} was told it was first, but {owner} is there"));
            }
            None if !may_own(owner) => return Err(format!("{owner} was refused, but is there")),
            _ => {}
        }
        unclear += answers.iter().filter(|answer| answer.is_none()).count();
    }
    let (contenders, of) = (trial.contenders, trial.contenders * ROUNDS);
    Ok(Outcome::Holds(match unclear {
        0 => format!("one of {contenders}, {ROUNDS} times"),
        _ => format!("one of {contenders}, {ROUNDS} times; {unclear} of {of} answers were unclear"),
    }))
}

fn said(answer: Option<bool>) -> &'static str {
    match answer {
        Some(true) => "it was created",
        Some(false) => "it was there already",
        None => "the answer was unclear",
    }
}
