//! One line of words through SSH.

use super::is_missing;
use super::server::Server;
use crate::cli::gate;

#[test]
fn a_reviewer_decides_by_command_as_who_their_key_says() {
    if is_missing() {
        return;
    }
    let server = Server::of_a_team();
    let asked = server.feeds("ci", &["submit", "-"], gate("ci", "g1").to_string()).ended(0);
    assert_eq!(asked.out, "R-1\n");
    server.says("bob", &["list"]).ended(0).said(&["R-1", "Go on?"]);
    server.says("bob", &["approve", "R-1", "--reason", "2.14 checked"]).ended(0);
    let shown = server.desk.shown("R-1");
    println!("{shown}");
    server.says("bob", &["log", "R-1"]).ended(0).said(&["bob", "2.14 checked", "session"]);
}
