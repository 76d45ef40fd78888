//! What the program on the desktop is told, and says: lines of JSON over a socket.

use serde::{Deserialize, Serialize};

use crate::desktop::clock::Micros;

/// What it is told. It ends when the socket does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Order {
    /// Paint this picture now.
    Paint(u32),
    /// Paint it when a key is pressed.
    Echo(u32),
}

/// What it says: first that it is there, then that it has painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum News {
    Ready,
    /// The picture of this number, and when the requests for it went to the X server.
    Painted(u32, Micros),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_were_written() {
        for order in [Order::Paint(7), Order::Echo(8)] {
            let line = serde_json::to_string(&order).unwrap();
            assert_eq!(serde_json::from_str::<Order>(&line).unwrap(), order);
        }
        for news in [News::Ready, News::Painted(9, Micros(1_000_001))] {
            let line = serde_json::to_string(&news).unwrap();
            assert_eq!(serde_json::from_str::<News>(&line).unwrap(), news);
        }
    }
}
