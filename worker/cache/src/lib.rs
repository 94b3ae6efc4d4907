//! Keeps the most recently used models in memory within a budget.
//!
//! A model is loaded once however many callers ask for it at the same time. Models that someone still holds
//! are never dropped from the books, for dropping them would not free their memory: when only such models are
//! left, a new one is refused and the caller tries later.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OnceCell;

/// Why a model is not to be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CacheError<E> {
    /// The model can never fit.
    #[error("the model needs {bytes} bytes, the whole budget is {budget}")]
    TooLarge { bytes: u64, budget: u64 },
    /// Models in use leave no room now.
    #[error("{bytes} bytes are needed, but models in use leave only {free}")]
    Full { bytes: u64, free: u64 },
    #[error(transparent)]
    Load(E),
}

/// Counters since the cache was made, and what it holds now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheStats {
    pub hits: u64,
    pub misses: u64,
    pub evictions: u64,
    pub bytes: u64,
    /// Loaded models, the most recently used first.
    pub resident: Vec<String>,
}

/// A cache of models `M` under a budget of bytes.
pub struct ModelCache<M> {
    budget: u64,
    books: Mutex<Books<M>>,
}

struct Books<M> {
    entries: HashMap<String, Entry<M>>,
    clock: u64,
    hits: u64,
    misses: u64,
    evictions: u64,
}

struct Entry<M> {
    bytes: u64,
    used: u64,
    cell: Arc<OnceCell<Arc<M>>>,
}

impl<M> Entry<M> {
    /// Nobody loads it, waits for it or works with it.
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.cell) == 1
            && self
                .cell
                .get()
                .is_none_or(|model| Arc::strong_count(model) == 1)
    }
}

impl<M> ModelCache<M> {
    pub fn new(budget_bytes: u64) -> Self {
        let books = Books {
            entries: HashMap::new(),
            clock: 0,
            hits: 0,
            misses: 0,
            evictions: 0,
        };
        Self {
            budget: budget_bytes,
            books: Mutex::new(books),
        }
    }

    /// The model named `key`, loaded by `load` unless it is resident. `bytes` is what it will take of the
    /// device; room is made before loading, so the budget holds at every moment.
    pub async fn get<E, F>(&self, key: &str, bytes: u64, load: F) -> Result<Arc<M>, CacheError<E>>
    where
        F: AsyncFnOnce() -> Result<M, E>,
    {
        let cell = self.books().admit(key, bytes, self.budget)?;
        let model = cell
            .get_or_try_init(async || load().await.map(Arc::new))
            .await;
        model.cloned().map_err(CacheError::Load)
    }

    /// Gives back the memory of all models that nobody holds.
    pub fn release_idle(&self) {
        self.books().entries.retain(|_, entry| !entry.is_idle());
    }

    pub fn stats(&self) -> CacheStats {
        self.books().stats()
    }

    /// The books are consistent between any two statements, so a panic elsewhere does not spoil them.
    fn books(&self) -> MutexGuard<'_, Books<M>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> Books<M> {
    fn admit<E>(
        &mut self,
        key: &str,
        bytes: u64,
        budget: u64,
    ) -> Result<Arc<OnceCell<Arc<M>>>, CacheError<E>> {
        self.clock += 1;
        if let Some(entry) = self.entries.get_mut(key) {
            entry.used = self.clock;
            // A load that failed leaves an empty cell behind: its next user is a miss again.
            if entry.cell.get().is_some() || Arc::strong_count(&entry.cell) > 1 {
                self.hits += 1;
            } else {
                self.misses += 1;
            }
            return Ok(Arc::clone(&entry.cell));
        }
        self.make_room(bytes, budget)?;
        self.misses += 1;
        let cell = Arc::new(OnceCell::new());
        let entry = Entry {
            bytes,
            used: self.clock,
            cell: Arc::clone(&cell),
        };
        self.entries.insert(key.to_owned(), entry);
        Ok(cell)
    }

    fn make_room<E>(&mut self, bytes: u64, budget: u64) -> Result<(), CacheError<E>> {
        if bytes > budget {
            return Err(CacheError::TooLarge { bytes, budget });
        }
        while self.bytes() + bytes > budget {
            let Some(key) = self.oldest_idle() else {
                return Err(CacheError::Full {
                    bytes,
                    free: budget - self.bytes(),
                });
            };
            self.entries.remove(&key);
            self.evictions += 1;
        }
        Ok(())
    }

    fn oldest_idle(&self) -> Option<String> {
        let idle = self.entries.iter().filter(|(_, entry)| entry.is_idle());
        idle.min_by_key(|(_, entry)| entry.used)
            .map(|(key, _)| key.clone())
    }

    fn bytes(&self) -> u64 {
        self.entries.values().map(|entry| entry.bytes).sum()
    }

    fn stats(&self) -> CacheStats {
        let mut loaded: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.cell.initialized())
            .collect();
        loaded.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.used));
        CacheStats {
            hits: self.hits,
            misses: self.misses,
            evictions: self.evictions,
            bytes: self.bytes(),
            resident: loaded.into_iter().map(|(key, _)| key.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    async fn load(
        cache: &ModelCache<String>,
        key: &str,
        bytes: u64,
    ) -> Result<Arc<String>, CacheError<Infallible>> {
        cache.get(key, bytes, async || Ok(key.to_owned())).await
    }

    #[tokio::test]
    async fn the_least_recently_used_model_goes_first() {
        let cache = ModelCache::new(100);
        for key in ["a", "b", "a", "c"] {
            load(&cache, key, 40).await.unwrap();
        }
        let stats = cache.stats();
        assert_eq!(stats.resident, ["c", "a"]);
        assert_eq!(
            (stats.hits, stats.misses, stats.evictions, stats.bytes),
            (1, 3, 1, 80)
        );
    }

    #[tokio::test]
    async fn a_model_in_use_stays() {
        let cache = ModelCache::new(100);
        let held = load(&cache, "held", 60).await.unwrap();
        assert_eq!(
            load(&cache, "other", 60).await,
            Err(CacheError::Full {
                bytes: 60,
                free: 40
            })
        );
        drop(held);
        load(&cache, "other", 60).await.unwrap();
        assert_eq!(cache.stats().resident, ["other"]);
        assert_eq!(
            load(&cache, "giant", 101).await,
            Err(CacheError::TooLarge {
                bytes: 101,
                budget: 100
            })
        );
    }

    #[tokio::test]
    async fn what_nobody_holds_is_given_back() {
        let cache = ModelCache::new(100);
        let held = load(&cache, "held", 40).await.unwrap();
        load(&cache, "idle", 40).await.unwrap();
        cache.release_idle();
        assert_eq!(cache.stats().resident, ["held"]);
        drop(held);
        cache.release_idle();
        assert_eq!((cache.stats().resident.len(), cache.stats().bytes), (0, 0));
    }

    #[tokio::test]
    async fn concurrent_callers_share_one_load() {
        let cache = ModelCache::new(100);
        let loads = AtomicUsize::new(0);
        let get = || {
            cache.get("a", 10, async || {
                loads.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(7)
            })
        };
        let models = futures::future::join_all([get(), get(), get()]).await;
        assert!(models.into_iter().all(|model| *model.unwrap() == 7));
        assert_eq!(loads.load(Ordering::SeqCst), 1);
        assert_eq!((cache.stats().hits, cache.stats().misses), (2, 1));
    }

    #[tokio::test]
    async fn a_failed_load_is_tried_again() {
        let cache = ModelCache::<u8>::new(100);
        let failed = cache.get("a", 10, async || Err("no such file")).await;
        assert_eq!(failed, Err(CacheError::Load("no such file")));
        assert!(cache.stats().resident.is_empty());
        assert_eq!(
            *cache.get("a", 10, async || Ok::<_, &str>(1)).await.unwrap(),
            1
        );
        assert_eq!(cache.stats().misses, 2);
    }
}
