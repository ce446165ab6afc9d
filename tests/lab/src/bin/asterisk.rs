//! Runs a private Asterisk until Ctrl-C and prints how to reach it, for work by
//! hand: `cargo run -p pivot-lab --bin asterisk [22|16]`.

use std::process::ExitCode;

use pivot_lab::Asterisk;
use pivot_lab::asterisk::VERSIONS;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let version = std::env::args().nth(1);
    match run(version.as_deref().unwrap_or(VERSIONS[0])).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(version: &str) -> pivot_lab::Result<()> {
    let asterisk = Asterisk::start(version).await?;
    println!("ari       {}", asterisk.ari_url);
    println!("user      {}", asterisk.username);
    println!("password  {}", asterisk.password);
    println!("sip       {}", asterisk.sip_addr);
    println!("softphone {}", asterisk.softphone_password);
    println!("files     {}", asterisk.host_dir().display());
    tokio::signal::ctrl_c().await?;
    asterisk.stop().await
}
