//! The page of `lode map --html`, in a browser.

use std::path::Path;

use crate::command::{Failure, Program, apt_install, lode, make_folder, remove, target};

/// What a browser may be called; none of them needs a screen.
const BROWSERS: [&str; 4] =
    ["chromium-headless-shell", "chromium", "google-chrome", "chromium-browser"];
/// The length of the volume.
const LENGTH: &str = "1GiB";

/// Makes a volume with a history, draws it, and reads what a browser makes of the page: the whole
/// of it, a part, and nothing that asks for a network.
pub(crate) fn run() -> Result<(), Failure> {
    let (lode, dir) = (lode()?, target().join("map"));
    remove(&dir)?;
    let store = dir.join("store");
    make_folder(&store)?;
    let piece = dir.join("piece");
    std::fs::write(&piece, vec![7; 1 << 20]).map_err(|source| Failure::io("a file", source))?;
    for at in ["0", "512MiB", "1023MiB"] {
        let put = Program::new(&lode).args(["put"]).args([&store]).args(["volumes/map"]);
        put.args([&piece]).args(["--at", at, "--length", LENGTH]).run()?;
    }
    let page = dir.join("map.html");
    let map = Program::new(&lode).args(["map"]).args([&store]).args(["volumes/map", "--html"]);
    map.args([&page]).run()?;

    let browser = browser()?;
    let whole = look(&browser, &page, "")?;
    expect(&whole, "bytes 0 to 1,073,741,824 of 1,073,741,824, 3 snapshots, 0.3% committed")?;
    expect(&whole, "data-drawn=\"3\"")?;
    expect(&whole, "<td>3</td>")?;
    // 512 MiB and what is left and right of it.
    let part = look(&browser, &page, "#536000000-538000000")?;
    expect(&part, "bytes 536,000,000 to 538,000,000 of 1,073,741,824")?;
    expect(&part, "data-drawn=\"1\"")?;
    eprintln!("the page shows 3 snapshots, and 1 of 3 ranges when it is zoomed");
    remove(&dir)
}

/// What the page has become after its script has run. Names of hosts lead nowhere.
fn look(browser: &str, page: &Path, part: &str) -> Result<String, Failure> {
    let url = format!("file://{}{part}", page.display());
    let browser = Program::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=5000"])
        .args(["--dump-dom", &url]);
    let output = browser.output()?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(Failure::Check(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

fn expect(dom: &str, what: &str) -> Result<(), Failure> {
    match dom.contains(what) {
        true => Ok(()),
        false => {
            let body = dom.split_once("<output").map_or(dom, |(_, body)| body);
            let said: String = body.chars().take(400).collect();
            Err(Failure::Check(format!("the page does not show {what:?}, but {said}")))
        }
    }
}

/// The browser that is installed, or else Debian's smallest.
fn browser() -> Result<String, Failure> {
    let runs = |name: &&str| {
        let version = Program::new(name).args(["--version"]).output();
        version.is_ok_and(|output| output.status.success())
    };
    if let Some(found) = BROWSERS.into_iter().find(runs) {
        return Ok(found.to_string());
    }
    let [smallest, ..] = BROWSERS;
    apt_install([smallest])?;
    Ok(smallest.to_string())
}
