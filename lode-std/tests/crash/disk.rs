//! A disk as the system calls of a process have left it, in memory and durably, and what a power
//! cut may leave of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

/// The system calls that change a directory, and what its processes say.
pub(crate) const CALLS: &str = "trace=openat2,mkdirat,linkat,renameat,renameat2,unlinkat,write,\
    pwrite64,fsync,fdatasync";

/// A system call that has succeeded, by the paths below the root.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Make(String),
    Create(String),
    Write(String, Vec<u8>),
    /// What was said on the standard output.
    Say(String),
    Link(String, String),
    Rename(String, String),
    Remove(String),
    /// A sync begins, of the thread with this number: only what was there then is sure to be in it.
    BeginSync(u32, String),
    EndSync(u32),
}

/// Reads the output of `strace -f -y -xx`.
pub(crate) fn read_trace(trace: &str, root: &Path) -> Vec<Call> {
    let (mut calls, mut open) = (Vec::new(), HashMap::new());
    for line in trace.lines() {
        let (thread, text) = line.split_once(' ').unwrap();
        let (thread, text): (u32, _) = (thread.parse().unwrap(), text.trim_start());
        let is_sync = |text: &str| text.starts_with("fsync(") || text.starts_with("fdatasync(");
        if is_sync(text)
            && let Some(path) = fd_path(text).and_then(|path| below(&path, root))
        {
            calls.push(Call::BeginSync(thread, path));
        }
        let whole = if let Some(begun) = text.strip_suffix(" <unfinished ...>") {
            open.insert(thread, begun.to_string());
            continue;
        } else if text.starts_with("<... ") {
            let Some(begun) = open.remove(&thread) else { continue };
            begun + text.split_once("resumed>").unwrap().1
        } else {
            text.to_string()
        };
        let result = whole.rsplit_once(" = ").map_or("?", |(_, result)| result);
        if result.starts_with(['-', '?']) {
            continue;
        }
        if is_sync(&whole) {
            calls.push(Call::EndSync(thread));
        } else {
            calls.extend(read_call(&whole, root));
        }
    }
    calls
}

fn read_call(call: &str, root: &Path) -> Option<Call> {
    let strings = strings(call);
    let path = |fd: usize, name: usize| {
        let (fd, name) = (fds(call).nth(fd)?, String::from_utf8(strings.get(name)?.clone()).ok()?);
        below(&format!("{fd}/{name}"), root)
    };
    Some(match call.split('(').next()? {
        "mkdirat" => Call::Make(path(0, 0)?),
        "openat2" if call.contains("O_CREAT") => Call::Create(path(0, 0)?),
        "write" if call.starts_with("write(1<") => {
            Call::Say(String::from_utf8_lossy(strings.first()?).into_owned())
        }
        "write" | "pwrite64" => {
            Call::Write(below(&fds(call).next()?, root)?, strings.first()?.clone())
        }
        "linkat" => Call::Link(path(0, 0)?, path(1, 1)?),
        "renameat" | "renameat2" => Call::Rename(path(0, 0)?, path(1, 1)?),
        "unlinkat" => Call::Remove(path(0, 0)?),
        _ => return None,
    })
}

/// The path of the first file descriptor.
fn fd_path(call: &str) -> Option<String> {
    fds(call).next()
}

/// The paths of the file descriptors that a call is given.
fn fds(call: &str) -> impl Iterator<Item = String> {
    let arguments = call.rsplit_once(" = ").map_or(call, |(arguments, _)| arguments);
    arguments.split('<').skip(1).filter_map(|rest| {
        let path = String::from_utf8(unescape(rest.split('>').next()?)).ok()?;
        // A temporary file that has another name by now.
        Some(path.strip_suffix(" (deleted)").unwrap_or(&path).to_string())
    })
}

fn strings(call: &str) -> Vec<Vec<u8>> {
    call.split('"').skip(1).step_by(2).map(unescape).collect()
}

/// Bytes are written as `\x2f`.
fn unescape(text: &str) -> Vec<u8> {
    match text.starts_with("\\x") {
        true => {
            text.split("\\x").skip(1).map(|h| u8::from_str_radix(&h[..2], 16).unwrap()).collect()
        }
        false => text.as_bytes().to_vec(),
    }
}

fn below(path: &str, root: &Path) -> Option<String> {
    let path = path.strip_prefix(root.to_str().unwrap())?;
    Some(path.trim_start_matches('/').to_string())
}

/// Something that has a number, and may have many names or none.
#[derive(Clone, Debug)]
enum Node {
    File(Vec<u8>),
    Folder(BTreeMap<String, usize>),
}

/// What is there, and what of it is durable.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    now: Vec<Node>,
    durable: Vec<Node>,
    /// Also of names that are gone: who has opened a file has it.
    numbers: HashMap<String, usize>,
    syncs: HashMap<u32, (usize, Node)>,
    pub(crate) said: String,
}

impl Disk {
    pub(crate) fn new() -> Self {
        let root = Node::Folder(BTreeMap::new());
        Self {
            now: vec![root.clone()],
            durable: vec![root],
            numbers: HashMap::from([(String::new(), 0)]),
            syncs: HashMap::new(),
            said: String::new(),
        }
    }

    pub(crate) fn apply(&mut self, call: &Call) {
        match call {
            Call::Make(path) => self.add(path, Node::Folder(BTreeMap::new())),
            Call::Create(path) => {
                if self.find(path).is_none() {
                    self.add(path, Node::File(Vec::new()));
                }
            }
            Call::Write(path, bytes) => {
                let number = self.numbers[path];
                let Node::File(file) = &mut self.now[number] else { panic!("{path}") };
                file.extend_from_slice(bytes);
            }
            Call::Say(text) => self.said.push_str(text),
            Call::Link(from, to) => {
                let number = self.numbers[from];
                self.name(to, Some(number));
            }
            Call::Rename(from, to) => {
                let number = self.numbers[from];
                self.name(to, Some(number));
                self.name(from, None);
            }
            Call::Remove(path) => self.name(path, None),
            Call::BeginSync(thread, path) => {
                let number = self.numbers[path];
                self.syncs.insert(*thread, (number, self.now[number].clone()));
            }
            Call::EndSync(thread) => {
                if let Some((number, node)) = self.syncs.remove(thread) {
                    self.durable[number] = node;
                }
            }
        }
    }

    /// The processes whose syncs were under way are gone.
    pub(crate) fn forget_syncs(&mut self) {
        self.syncs.clear();
    }

    fn add(&mut self, path: &str, node: Node) {
        let empty = match node {
            Node::File(_) => Node::File(Vec::new()),
            Node::Folder(_) => Node::Folder(BTreeMap::new()),
        };
        self.now.push(node);
        self.durable.push(empty);
        self.name(path, Some(self.now.len() - 1));
    }

    fn find(&self, path: &str) -> Option<usize> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        match &self.now[*self.numbers.get(folder)?] {
            Node::Folder(entries) => entries.get(name).copied(),
            Node::File(_) => None,
        }
    }

    fn name(&mut self, path: &str, number: Option<usize>) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = self.numbers[folder];
        let Node::Folder(entries) = &mut self.now[folder] else { panic!("{path}") };
        match number {
            Some(number) => {
                entries.insert(name.to_string(), number);
                self.numbers.insert(path.to_string(), number);
            }
            None => drop(entries.remove(name)),
        }
    }

    /// Writes what a power cut may leave into a folder: what is durable, and of the rest what
    /// `survives` says for each change in turn.
    pub(crate) fn cut(&self, folder: &Path, survives: &mut impl FnMut() -> bool) {
        self.write(0, folder, survives);
    }

    fn write(&self, number: usize, path: &Path, survives: &mut impl FnMut() -> bool) {
        match (&self.now[number], &self.durable[number]) {
            (Node::Folder(now), Node::Folder(durable)) => {
                fs::create_dir_all(path).unwrap();
                let names: BTreeSet<_> = now.keys().chain(durable.keys()).collect();
                for name in names {
                    let (now, durable) = (now.get(name), durable.get(name));
                    let kept = if now != durable && survives() { now } else { durable };
                    if let Some(number) = kept {
                        self.write(*number, &path.join(name), survives);
                    }
                }
            }
            (Node::File(now), Node::File(durable)) => {
                let is_lost = now != durable && !survives();
                let half = &now[..now.len() / 2];
                let torn = if survives() { half } else { durable };
                fs::write(path, if is_lost { torn } else { now }).unwrap();
            }
            _ => panic!("{} is two things", path.display()),
        }
    }
}
