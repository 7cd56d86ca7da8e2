//! What the operating system has to say.
//!
//! An interrupt from the keyboard goes to host and plugin alike. The host knows what to do about it, and tells the
//! plugin over its connection; a plugin that ended at once would break off what the host wants to finish. The same goes
//! for a terminal that hangs up: a host that survives it needs its plugin, and one that does not leaves an orphan, which
//! ends by itself.

use std::io;

/// Catches signals from the moment it is made, for the rest of the process.
#[derive(Debug)]
pub(crate) struct Signals(system::Signals);

impl Signals {
    /// Must be called inside a tokio runtime.
    pub(crate) fn install() -> io::Result<Self> {
        system::Signals::install().map(Self)
    }

    /// Resolves when the process is told to end. Interrupts count only where no host takes care of them.
    pub(crate) async fn end_requested(&mut self, heed_interrupts: bool) {
        self.0.end_requested(heed_interrupts).await;
    }
}

#[cfg(unix)]
mod system {
    use std::io;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    #[derive(Debug)]
    pub(super) struct Signals {
        terminate: Signal,
        interrupt: Signal,
        hang_up: Signal,
    }

    impl Signals {
        pub(super) fn install() -> io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                hang_up: signal(SignalKind::hangup())?,
            })
        }

        pub(super) async fn end_requested(&mut self, heed_interrupts: bool) {
            loop {
                tokio::select! {
                    _ = self.terminate.recv() => return,
                    _ = self.interrupt.recv() => {}
                    _ = self.hang_up.recv() => {}
                }
                if heed_interrupts {
                    return;
                }
            }
        }
    }
}

#[cfg(windows)]
mod system {
    use std::io;

    use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

    #[derive(Debug)]
    pub(super) struct Signals {
        close: CtrlClose,
        interrupt: CtrlC,
        interrupt_group: CtrlBreak,
    }

    impl Signals {
        pub(super) fn install() -> io::Result<Self> {
            Ok(Self {
                close: ctrl_close()?,
                interrupt: ctrl_c()?,
                interrupt_group: ctrl_break()?,
            })
        }

        pub(super) async fn end_requested(&mut self, heed_interrupts: bool) {
            loop {
                tokio::select! {
                    _ = self.close.recv() => return,
                    _ = self.interrupt.recv() => {}
                    _ = self.interrupt_group.recv() => {}
                }
                if heed_interrupts {
                    return;
                }
            }
        }
    }
}
