// A pool of threads for many short parallel regions: a token of a small model takes hundreds of them, each some
// microseconds long, so waiting threads spin before they sleep. They spin for some microseconds only, and then yield to
// whoever wants the core: on a busy machine that may be the thread that they wait for.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "CKernels.h"

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() ((void)0)
#endif

enum { SPINS = 1000, YIELDS = 500 };

struct antipode_pool {
  size_t workers;
  pthread_t *threads;
  pthread_mutex_t caller;  // one region at a time
  pthread_mutex_t lock;
  pthread_cond_t wake;
  _Atomic uint64_t ticket;  // generation << 32 | next index
  _Atomic size_t finished;
  _Atomic size_t sleeping;
  _Atomic bool closing;
  void (*_Atomic task)(void *, size_t);
  void *_Atomic context;
  _Atomic size_t count;
};

// A ticket with this index can't be taken.
static const uint64_t closed = 0xffffffffu;

// Takes and runs tasks of one generation until there are none. A ticket can only be taken while its generation is
// current, and then the task, context and count that were read after the generation belong to it.
static void work(antipode_pool *pool, uint64_t generation) {
  for (;;) {
    uint64_t ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
    if (ticket >> 32 != generation) return;
    size_t index = (size_t)(ticket & closed);
    if (index == closed || index >= atomic_load_explicit(&pool->count, memory_order_relaxed)) return;
    void (*task)(void *, size_t) = atomic_load_explicit(&pool->task, memory_order_relaxed);
    void *context = atomic_load_explicit(&pool->context, memory_order_relaxed);
    if (!atomic_compare_exchange_weak_explicit(
            &pool->ticket, &ticket, ticket + 1, memory_order_acq_rel, memory_order_relaxed))
      continue;
    task(context, index);
    atomic_fetch_add_explicit(&pool->finished, 1, memory_order_release);
  }
}

static void *worker(void *argument) {
  antipode_pool *pool = argument;
  uint64_t seen = 0;
  for (;;) {
    uint64_t generation = 0;
    for (int spin = 0;; spin++) {
      generation = atomic_load_explicit(&pool->ticket, memory_order_acquire) >> 32;
      if (generation != seen || atomic_load_explicit(&pool->closing, memory_order_relaxed)) break;
      if (spin < SPINS) {
        PAUSE();
        continue;
      }
      if (spin < SPINS + YIELDS) {
        sched_yield();
        continue;
      }
      pthread_mutex_lock(&pool->lock);
      atomic_fetch_add(&pool->sleeping, 1);
      while (atomic_load(&pool->ticket) >> 32 == seen && !atomic_load(&pool->closing))
        pthread_cond_wait(&pool->wake, &pool->lock);
      atomic_fetch_sub(&pool->sleeping, 1);
      pthread_mutex_unlock(&pool->lock);
    }
    if (atomic_load_explicit(&pool->closing, memory_order_relaxed)) return NULL;
    seen = generation;
    work(pool, generation);
  }
}

antipode_pool *antipode_pool_create(size_t threads) {
  antipode_pool *pool = calloc(1, sizeof *pool);
  if (!pool) return NULL;
  pthread_mutex_init(&pool->caller, NULL);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->wake, NULL);
  size_t wanted = threads > 1 ? threads - 1 : 0;
  pool->threads = calloc(wanted + 1, sizeof *pool->threads);
  if (!pool->threads) wanted = 0;
  for (size_t i = 0; i < wanted; i++) {
    if (pthread_create(&pool->threads[i], NULL, worker, pool) != 0) break;
    pool->workers++;
  }
  return pool;
}

void antipode_pool_destroy(antipode_pool *pool) {
  if (!pool) return;
  pthread_mutex_lock(&pool->lock);
  atomic_store(&pool->closing, true);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->lock);
  for (size_t i = 0; i < pool->workers; i++) pthread_join(pool->threads[i], NULL);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->lock);
  pthread_mutex_destroy(&pool->caller);
  free(pool->threads);
  free(pool);
}

void antipode_pool_run(antipode_pool *pool, void (*task)(void *context, size_t index), void *context, size_t count) {
  if (!pool || pool->workers == 0 || count < 2) {
    for (size_t i = 0; i < count; i++) task(context, i);
    return;
  }
  pthread_mutex_lock(&pool->caller);
  // Close the old generation first: a late worker must not take one of its tickets under the new count.
  uint64_t generation = atomic_load(&pool->ticket) >> 32;
  atomic_store(&pool->ticket, generation << 32 | closed);
  atomic_store_explicit(&pool->task, task, memory_order_relaxed);
  atomic_store_explicit(&pool->context, context, memory_order_relaxed);
  atomic_store_explicit(&pool->finished, 0, memory_order_relaxed);
  atomic_store_explicit(&pool->count, count, memory_order_relaxed);
  // 0 is what a new worker has seen, so a generation is never 0.
  generation = (generation + 1) & 0xffffffffu;
  if (generation == 0) generation = 1;
  atomic_store(&pool->ticket, generation << 32);
  if (atomic_load(&pool->sleeping) > 0) {
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
  }
  work(pool, generation);
  for (int spin = 0; atomic_load_explicit(&pool->finished, memory_order_acquire) != count; spin++) {
    if (spin < SPINS) {
      PAUSE();
    } else {
      sched_yield();
    }
  }
  pthread_mutex_unlock(&pool->caller);
}
