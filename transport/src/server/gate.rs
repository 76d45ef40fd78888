//! Keeping strangers from crowding the door: connections whose client has not proved itself are few, and each must hurry.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::attempts::network;

/// Strangers at once.
const STRANGERS: usize = 512;
/// Strangers at once from one address.
const OF_ONE_ADDRESS: usize = 64;

/// Counts strangers. When there are too many, the one that has waited longest at the address with most of them has to
/// go: an honest client is through long before its turn comes.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    count: usize,
    /// By address, the oldest first.
    addresses: HashMap<IpAddr, Vec<(u64, oneshot::Sender<()>)>>,
}

/// A connection whose client has not proved itself. Counted until it has, or is dropped.
#[derive(Debug)]
pub(super) struct Stranger {
    gate: Arc<Gate>,
    address: IpAddr,
    number: u64,
    /// Ends when there is no room for it any more.
    evicted: Option<oneshot::Receiver<()>>,
}

impl Gate {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection from `address` wait to prove itself.
    pub(super) fn enter(gate: &Arc<Self>, address: IpAddr) -> Stranger {
        let address = network(address);
        let (evict, evicted) = oneshot::channel();
        let mut waiting = gate.waiting();
        let own = waiting.addresses.get(&address).map_or(0, Vec::len);
        if own >= OF_ONE_ADDRESS {
            waiting.evict_oldest(address);
        } else if waiting.count >= STRANGERS {
            let crowded = waiting.addresses.iter().max_by_key(|(_, own)| own.len());
            if let Some(crowded) = crowded.map(|(address, _)| *address) {
                waiting.evict_oldest(crowded);
            }
        }
        let number = waiting.next;
        waiting.next += 1;
        waiting.count += 1;
        waiting
            .addresses
            .entry(address)
            .or_default()
            .push((number, evict));
        Stranger {
            gate: Arc::clone(gate),
            address,
            number,
            evicted: Some(evicted),
        }
    }
}

impl Waiting {
    fn evict_oldest(&mut self, address: IpAddr) {
        let oldest = self.addresses.get(&address).and_then(|own| own.first());
        if let Some(number) = oldest.map(|(number, _)| *number) {
            self.remove(address, number);
        }
    }

    /// Forgets a stranger; if it is still there, it learns it.
    fn remove(&mut self, address: IpAddr, number: u64) {
        let Some(own) = self.addresses.get_mut(&address) else {
            return;
        };
        let before = own.len();
        own.retain(|(other, _)| *other != number);
        self.count -= before - own.len();
        if own.is_empty() {
            self.addresses.remove(&address);
        }
    }
}

impl Stranger {
    /// The client has proved itself: it is counted and evicted no more.
    pub(super) fn become_known(&mut self) {
        if self.evicted.take().is_some() {
            self.gate.waiting().remove(self.address, self.number);
        }
    }

    /// Waits until there is no room for it any more; for ever, once it is known. Cancel safe.
    pub(super) async fn evicted(&mut self) {
        match &mut self.evicted {
            // The other end says nothing, it is dropped.
            Some(evicted) => _ = evicted.await,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.become_known();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[tokio::test]
    async fn a_crowd_at_one_address_evicts_its_own_oldest_and_nobody_else() {
        let gate = Arc::new(Gate::default());
        let mut honest = Gate::enter(&gate, address(1));
        let mut crowd: Vec<Stranger> = (0..OF_ONE_ADDRESS + 3)
            .map(|_| Gate::enter(&gate, address(2)))
            .collect();
        for evicted in &mut crowd[..3] {
            evicted.evicted().await;
        }
        assert_eq!(gate.waiting().count, OF_ONE_ADDRESS + 1);
        honest.become_known();
        drop(crowd);
        assert_eq!(gate.waiting().count, 0);
        assert!(gate.waiting().addresses.is_empty());
    }

    #[tokio::test]
    async fn when_there_are_too_many_the_most_crowded_address_gives_way() {
        let gate = Arc::new(Gate::default());
        let mut crowd: Vec<Stranger> = (0..STRANGERS)
            .map(|number| Gate::enter(&gate, address(u32::try_from(number / 60).unwrap())))
            .collect();
        let _honest = Gate::enter(&gate, address(1000));
        assert_eq!(gate.waiting().count, STRANGERS);
        let evicted = crowd.iter_mut().filter_map(|own| own.evicted.as_mut());
        let evicted = evicted.filter_map(|own| own.try_recv().err());
        let closed = oneshot::error::TryRecvError::Closed;
        assert_eq!(evicted.filter(|error| *error == closed).count(), 1);
    }
}
