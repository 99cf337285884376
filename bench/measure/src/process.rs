//! A function's process, served the Lambda Runtime API.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use hyper::{Request, Response, StatusCode};
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use crate::serve::{Server, serve};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
/// A function that does not answer for so long never will.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long after the event an invocation may end, as the function is told.
const DEADLINE_MILLIS: u64 = 29_000;

/// What the Runtime API sees of a function.
#[derive(Debug)]
enum Seen {
    /// It asks for an event.
    Asked(Instant),
    /// It has answered one.
    Answered(Instant, Bytes),
    /// It has failed at one, or could not start.
    Failed(Bytes),
}

/// How a program is started.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// What it is called in the figures.
    pub(crate) name: &'static str,
    pub(crate) command: Vec<OsString>,
    pub(crate) environment: Vec<(&'static str, String)>,
    /// Where its output goes.
    pub(crate) log: PathBuf,
}

impl Program {
    pub(crate) fn new(
        name: &'static str,
        command: Vec<OsString>,
        environment: &[(&'static str, String)],
        logs: &Path,
    ) -> Self {
        let log = logs.join(name).with_extension("log");
        Self { name, command, environment: environment.to_vec(), log }
    }
}

/// A running function that has asked for its first event.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    name: &'static str,
    log: PathBuf,
    asks: bool,
    events: mpsc::UnboundedSender<Bytes>,
    seen: mpsc::UnboundedReceiver<Seen>,
    _api: Server,
}

impl Drop for Process {
    fn drop(&mut self) {
        // As Lambda ends what keeps no extension waiting.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Starts a program; the time is that from its start to its first request for an event.
    pub(crate) async fn start(program: &Program) -> anyhow::Result<(Self, Duration)> {
        let (events, handed) = mpsc::unbounded_channel();
        let (noted, seen) = mpsc::unbounded_channel();
        let handed = Rc::new(Mutex::new(handed));
        let api = serve(move |request| answer(request, Rc::clone(&handed), noted.clone())).await?;
        let log = File::create(&program.log).with_context(|| format!("{} cannot be written", program.log.display()))?;
        let (first, rest) = program.command.split_first().context("a program has a name")?;
        let mut command = Command::new(first);
        command
            .args(rest)
            .env_clear()
            .envs(program.environment.iter().map(|(name, value)| (*name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", program.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let begun = Instant::now();
        let child = command.spawn().with_context(|| format!("{} cannot be started", program.name))?;
        let log = program.log.clone();
        let mut process = Self { child, name: program.name, log, asks: false, events, seen, _api: api };
        let asked = process.idle().await?;
        Ok((process, asked.duration_since(begun)))
    }

    /// Hands it an event; the answer, and the time from handing it over until the answer was there.
    pub(crate) async fn invoke(&mut self, event: Bytes) -> anyhow::Result<(Duration, Bytes)> {
        self.idle().await?;
        let begun = Instant::now();
        self.events.send(event)?;
        self.asks = false;
        match self.look().await? {
            Seen::Answered(at, body) => Ok((at.duration_since(begun), body)),
            Seen::Asked(_) => bail!("{} asks for an event before it has answered the last one", self.name),
            Seen::Failed(why) => bail!("{} has failed: {}", self.name, String::from_utf8_lossy(&why)),
        }
    }

    /// Waits until it asks for an event: from then on it does nothing.
    pub(crate) async fn idle(&mut self) -> anyhow::Result<Instant> {
        if self.asks {
            return Ok(Instant::now());
        }
        match self.look().await? {
            Seen::Asked(at) => {
                self.asks = true;
                Ok(at)
            }
            Seen::Answered(..) => bail!("{} answers what nobody has asked", self.name),
            Seen::Failed(why) => bail!("{} has failed: {}", self.name, String::from_utf8_lossy(&why)),
        }
    }

    async fn look(&mut self) -> anyhow::Result<Seen> {
        let seen = timeout(PATIENCE, self.seen.recv()).await;
        let said = || format!("{} says nothing any more; see {}", self.name, self.log.display());
        seen.with_context(said)?.with_context(said)
    }

    /// What it has used of the processors, in user and system mode. Threads that have ended are not counted: the programs
    /// here keep theirs.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let mut total = Duration::ZERO;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(thread?.path().join("schedstat"))?;
            let nanos = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
            total += Duration::from_nanos(nanos.context("schedstat begins with the time on a processor")?);
        }
        Ok(total)
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it has had resident, in bytes.
    pub(crate) fn peak_memory(&self) -> anyhow::Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: u64 =
            line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).context("no VmHWM")?;
        Ok(kib * 1024)
    }
}

async fn answer(
    request: Request<Bytes>,
    events: Rc<Mutex<mpsc::UnboundedReceiver<Bytes>>>,
    noted: mpsc::UnboundedSender<Seen>,
) -> Response<Bytes> {
    let now = Instant::now();
    let path = request.uri().path();
    let seen = if path == NEXT {
        Seen::Asked(now)
    } else if path.ends_with("/response") {
        Seen::Answered(now, request.into_body())
    } else {
        Seen::Failed(request.into_body())
    };
    let asks = matches!(seen, Seen::Asked(_));
    // Whoever would read it is gone only when the process is being ended.
    let _ = noted.send(seen);
    if !asks {
        return status(StatusCode::ACCEPTED);
    }
    let Some(event) = events.lock().await.recv().await else {
        return status(StatusCode::GONE);
    };
    let id = uuid::Uuid::new_v4();
    let millis = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis();
    let deadline = u64::try_from(millis).unwrap_or_default() + DEADLINE_MILLIS;
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", id.to_string())
        .header("lambda-runtime-deadline-ms", deadline)
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:bench")
        .header("lambda-runtime-trace-id", format!("Root=1-5759e988-{};Sampled=0", &id.simple().to_string()[..24]))
        .body(event)
        .unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
}

fn status(code: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = code;
    response
}
