//! One instance's directories and configuration: the shop's files of
//! `asterisk-conf/`, with ports, passwords and the lab's phones around them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use super::Options;
use crate::ears::Heard;
use crate::error::{LabError, Result};
use crate::{paths, phone, ports};

/// RTP has a range of its own. Instances may share it: Asterisk takes another
/// port of its range when one is busy.
const RTP_FIRST: u16 = 10_000;
const RTP_SLICES: u16 = 24;
const RTP_PORTS: u16 = 500;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// All that one instance is made of.
pub(super) struct Plan {
    /// The instance's directory as the chroot sees it.
    pub(super) home: String,
    pub(super) ari_addr: SocketAddr,
    pub(super) sip_addr: SocketAddr,
    pub(super) password: String,
    pub(super) softphone_password: String,
    name: String,
    number: u16,
    phones: SocketAddr,
    dialplan: String,
}

impl Plan {
    pub(super) fn new(version: &str, options: &Options, phones_port: u16) -> Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{version}-{}-{number}", std::process::id());
        Ok(Self {
            home: format!("/lab/{name}"),
            ari_addr: SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_tcp()?)),
            sip_addr: SocketAddr::new(options.address, ports::free_udp(options.address)?),
            password: secret(),
            softphone_password: secret()[..12].to_owned(),
            name,
            number,
            phones: SocketAddr::new(options.address, phones_port),
            dialplan: options.dialplan.clone(),
        })
    }

    /// Writes the directories and files and gives them to Asterisk's user.
    pub(super) fn write(&self, root: &Path) -> Result<()> {
        let home = root.join(self.home.trim_start_matches('/'));
        // A process that was killed may have left the directories of the same pid.
        let _ = fs::remove_dir_all(&home);
        for dir in [
            "etc/pivot",
            "lib",
            "cache",
            "run",
            "log",
            "spool/tmp",
            // Asterisk does not make it and every ARI recording fails without.
            "spool/recording",
            "media",
            "moh",
        ] {
            let dir = home.join(dir);
            fs::create_dir_all(&dir).map_err(|e| LabError::file(&dir, e))?;
        }
        for (name, text) in self.files(root)? {
            let path = home.join("etc").join(name);
            fs::write(&path, text).map_err(|e| LabError::file(&path, e))?;
        }
        // Music on hold that ears can tell from speech: a steady 350 Hz.
        let music = Heard::new(phone::tone(350.0, Duration::from_secs(10)));
        music.write_wav(&home.join("moh/music.wav"))?;
        let (uid, gid) = asterisk_user(root)?;
        give(&home, uid, gid)?;
        // pivot, which may run as somebody else, writes prompts here.
        let media = home.join("media");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        fs::set_permissions(&media, mode).map_err(|e| LabError::file(&media, e))
    }

    fn files(&self, root: &Path) -> Result<Vec<(String, String)>> {
        let shop = paths::checkout().join("asterisk-conf");
        let mut files = Vec::new();
        for entry in fs::read_dir(&shop).map_err(|e| LabError::file(&shop, e))? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "conf") {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let text = read(&path)?
                    .replace("change-me", &self.password)
                    .replace(
                        "contact = sip:carrier.example.com",
                        &format!("contact = sip:{}", self.phones),
                    )
                    .replace(
                        "match = carrier.example.com",
                        &format!("match = {}", self.phones.ip()),
                    );
                files.push((format!("pivot/{name}"), text));
            }
        }
        let rtp = RTP_FIRST
            + (std::process::id() as u16)
                .wrapping_mul(7)
                .wrapping_add(self.number)
                % RTP_SLICES
                * RTP_PORTS;
        let include = |name: &str| format!("#include \"pivot/{name}\"\n");
        // What stands last wins, so the overlay follows the shop's file.
        let over = |name: &str, lines: String| {
            format!("[general]\n{}[general](+)\n{lines}", include(name))
        };
        let mut add = |name: &str, text: String| files.push((name.to_owned(), text));
        add("asterisk.conf", self.lab_file("asterisk.conf", root)?);
        add("pjsip.conf", self.lab_file("pjsip.conf", root)?);
        let dialplan = self.lab_file("extensions.conf", root)?;
        add("extensions.conf", format!("{dialplan}\n{}", self.dialplan));
        add("modules.conf", include("modules.conf"));
        let music = format!("[default](+)\ndirectory = {}/moh\n", self.home);
        add("musiconhold.conf", include("musiconhold.conf") + &music);
        add("indications.conf", include("indications.conf"));
        add(
            "http.conf",
            over(
                "http.conf",
                format!("bindport = {}\n", self.ari_addr.port()),
            ),
        );
        add("ari.conf", over("ari.conf", String::new()));
        add(
            "rtp.conf",
            over(
                "rtp.conf",
                format!("rtpstart = {rtp}\nrtpend = {}\n", rtp + RTP_PORTS - 1),
            ),
        );
        add(
            "logger.conf",
            "[general]\n[logfiles]\nfull => notice,warning,error\n".into(),
        );
        // A call detail record per call would only cost time.
        add("cdr.conf", "[general]\nenable = no\n".into());
        // Missing optional files are an error line each.
        for name in [
            "ccss",
            "cel",
            "features",
            "acl",
            "udptl",
            "pjproject",
            "websocket_client",
            "res_http_media_cache",
            "stasis",
            "codecs",
            "sorcery",
            "manager",
            "dnsmgr",
            "dsp",
            "say",
            "cli",
            "cli_aliases",
            "cli_permissions",
            "extconfig",
            "pjsip_notify",
            "enum",
        ] {
            add(&format!("{name}.conf"), String::new());
        }
        Ok(files)
    }

    /// A file of the lab with its braces filled in.
    fn lab_file(&self, name: &str, root: &Path) -> Result<String> {
        let entity = std::process::id();
        let pairs = [
            ("{home}", self.home.clone()),
            ("{modules}", modules(root)?),
            ("{name}", self.name.clone()),
            (
                "{entity}",
                format!(
                    "02:00:{:02x}:{:02x}:00:{:02x}",
                    entity >> 8 & 255,
                    entity & 255,
                    self.number & 255
                ),
            ),
            ("{address}", self.sip_addr.ip().to_string()),
            ("{sip_port}", self.sip_addr.port().to_string()),
            ("{phones_port}", self.phones.port().to_string()),
            ("{softphone_password}", self.softphone_password.clone()),
        ];
        let text = read(&paths::lab().join("conf").join(name))?;
        Ok(pairs
            .iter()
            .fold(text, |text, (brace, value)| text.replace(brace, value)))
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| LabError::file(path, e))
}

fn secret() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Where the package keeps its modules; bullseye's has no architecture in the path.
fn modules(root: &Path) -> Result<String> {
    let arch = std::env::consts::ARCH;
    [
        "/usr/lib/asterisk/modules".to_owned(),
        format!("/usr/lib/{arch}-linux-gnu/asterisk/modules"),
    ]
    .into_iter()
    .find(|dir| root.join(&dir[1..]).join("app_stasis.so").exists())
    .ok_or_else(|| LabError::failed(format!("no Asterisk modules in {}", root.display())))
}

/// Numeric user and group of `asterisk` inside the root.
fn asterisk_user(root: &Path) -> Result<(u32, u32)> {
    let passwd = read(&root.join("etc/passwd"))?;
    let ids = passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&"asterisk"))
        .and_then(|f| Some((f.get(2)?.parse().ok()?, f.get(3)?.parse().ok()?)));
    ids.ok_or_else(|| LabError::failed(format!("no user asterisk in {}", root.display())))
}

fn give(path: &PathBuf, uid: u32, gid: u32) -> Result<()> {
    std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(|source| LabError::Io {
        what: format!("chown {} (is this run as root?)", path.display()),
        source,
    })?;
    if path.is_dir() {
        for entry in fs::read_dir(path).map_err(|e| LabError::file(path, e))? {
            give(&entry?.path(), uid, gid)?;
        }
    }
    Ok(())
}
