//! Judging what a client shows, at its turn: by what is configured, or by asking the application.

use std::net::IpAddr;
use std::time::Duration;

use rfb::handshake::Challenge;
use tokio::time::{Instant, sleep_until, timeout};

use super::authenticator::Login;
use super::{Shared, admission::Refusal};
use crate::credentials::vnc_auth;
use crate::rights::Rights;

/// How long the application may take to judge a login.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// What a proof gives.
pub(super) type Judged = Result<Rights, Refusal>;

impl Shared {
    /// What `login` gives. Whoever guesses passwords waits here.
    pub(super) async fn judge_login(&self, login: Login) -> Judged {
        match login.password {
            _ if self.config.is_open() => Ok(Rights::FULL),
            Some(_) => {
                self.at_its_turn(login.address.ip(), self.weigh(login))
                    .await
            }
            None => self.weigh(login).await,
        }
    }

    /// What the answer to a challenge gives: passwords that are configured, for no other can be known.
    pub(super) async fn judge_answer(
        &self,
        address: IpAddr,
        challenge: Challenge,
        answer: Challenge,
    ) -> Judged {
        let is_right = |own: &_| vnc_auth::is_right(&challenge, &answer, own);
        let judged = async { self.config.rights_by(is_right) };
        self.at_its_turn(address, judged).await
    }

    /// What nothing that could be right gives: the same as a wrong password.
    pub(super) async fn judge_nonsense(&self, address: IpAddr) -> Judged {
        let judged = async { Err(Refusal::WrongPassword) };
        self.at_its_turn(address, judged).await
    }

    async fn at_its_turn(&self, address: IpAddr, judge: impl Future<Output = Judged>) -> Judged {
        let turn = self.admission.turn(address, Instant::now());
        sleep_until(turn).await;
        let judged = judge.await;
        self.admission.note(address, Instant::now(), judged);
        judged
    }

    async fn weigh(&self, login: Login) -> Judged {
        let Some(authenticator) = &self.config.authenticator else {
            return match &login.password {
                Some(given) => self.config.rights_by(|own| own == given),
                None if login.certificate.is_some() => Err(Refusal::UnknownCertificate),
                None => Err(Refusal::NoProof),
            };
        };
        let refusal = match (&login.password, &login.certificate) {
            (Some(_), _) => Refusal::WrongLogin,
            (None, Some(_)) => Refusal::UnknownCertificate,
            (None, None) => Refusal::NoProof,
        };
        match timeout(ANSWER_TIMEOUT, authenticator.ask(self, login)).await {
            Ok(Ok(Some(rights))) => Ok(rights),
            Ok(Ok(None)) => Err(refusal),
            Ok(Err(())) | Err(_) => Err(Refusal::NotJudged),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rfb::{Encoders, Size};

    use super::*;
    use crate::server::{Authenticator, Server, ServerConfig};

    async fn server(authenticator: Authenticator) -> Server {
        let mut config = ServerConfig::new(Size::new(1, 1)).unwrap();
        config.authenticator = Some(authenticator);
        Server::bind(config, Arc::new(Encoders::standard))
            .await
            .unwrap()
    }

    fn guess() -> Login {
        Login {
            user: None,
            password: Some("guess".into()),
            certificate: None,
            address: ([192, 0, 2, 1], 5).into(),
            probe: false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_guesses_is_asked_about_ever_later() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let server = server(Authenticator::new(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            async { None }
        }))
        .await;
        let mut times = Vec::new();
        for _ in 0..5 {
            let begun = Instant::now();
            let judged = server.shared.judge_login(guess()).await;
            assert_eq!(judged, Err(Refusal::WrongLogin));
            times.push(begun.elapsed().as_millis() / 100);
        }
        assert_eq!(times, [0, 2, 5, 10, 20]);
        // Those that have all come at once are asked about one after the other.
        let all: Vec<_> = (0..5).map(|_| server.shared.judge_login(guess())).collect();
        let soon = timeout(Duration::from_secs(1), futures_util::future::join_all(all));
        assert!(soon.await.is_err());
        assert!(asked.load(Ordering::Relaxed) <= 6, "{asked:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_authenticator_that_fails_makes_nobody_a_guesser() {
        let fails = Authenticator::new(|_| async { std::panic::resume_unwind(Box::new(())) });
        let server = server(fails).await;
        let mut times = Vec::new();
        for _ in 0..5 {
            let begun = Instant::now();
            let judged = server.shared.judge_login(guess()).await;
            assert_eq!(judged, Err(Refusal::NotJudged));
            times.push(begun.elapsed().as_millis() / 100);
        }
        assert_eq!(times, [0, 2, 2, 2, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_not_judged_in_time_is_turned_away() {
        for authenticator in [
            Authenticator::new(|_| std::future::pending()),
            Authenticator::by_event(),
        ] {
            let server = server(authenticator).await;
            let begun = Instant::now();
            let judged = server.shared.judge_login(guess()).await;
            assert_eq!(judged, Err(Refusal::NotJudged));
            assert_eq!(begun.elapsed().as_secs(), 30);
        }
    }
}
