//! Real desktops, for measurements that begin where a program paints: X servers, what serves them, and programs on them.
//!
//! ```text
//! screen     an X server, and how a program gets onto it
//! served     such a screen and who serves it: our agent, Xtigervnc, or whoever is named; how our client gets there
//! agent      our agent as a process: this program in another role
//! foreign    Xtigervnc as a process: X server and VNC server in one
//! transport  what carries RFB to our agent
//! painter    a window that is painted through shared memory
//! load       a recording that plays in such a window
//! clock      moments that processes agree on
//! ```

pub(crate) mod agent;
pub(crate) mod clock;
pub(crate) mod foreign;
pub(crate) mod load;
pub(crate) mod painter;
pub(crate) mod screen;
pub(crate) mod served;
pub(crate) mod transport;
