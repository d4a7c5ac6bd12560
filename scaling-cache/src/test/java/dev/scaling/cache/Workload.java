package dev.scaling.cache;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Readers and writers of one instance, at random, each read judged by the journal. */
final class Workload {

  private final Journal journal;
  private final Map<Integer, ReentrantReadWriteLock> putLocks;
  private final Style style;
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong writes = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private volatile boolean ended;

  /** How writers tell the cache. */
  enum Style {
    /** In every right way. */
    ALL,
    /** By updates alone, which bear that their process is killed. */
    UPDATES,
    /** In every right way but by puts, which take a lock that processes do not share. */
    WITHOUT_PUTS,
    /** Wrongly: by invalidating before the commit instead of after it. */
    TOO_EARLY
  }

  Workload(Journal journal, Map<Integer, ReentrantReadWriteLock> putLocks, Style style) {
    this.journal = journal;
    this.putLocks = putLocks;
    this.style = style;
  }

  /** Starts the threads of an instance. */
  List<Thread> start(
      TieredCache<Integer, String> cache, int instance, int readers, int writers, long seed) {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < readers + writers; i++) {
      var random = new Random(seed * 31 + i);
      boolean reads = i < readers;
      var thread =
          new Thread(() -> run(cache, instance, random, reads), "workload-" + instance + "-" + i);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    return threads;
  }

  void end() {
    ended = true;
  }

  String counts() {
    return reads + " reads, " + writes + " writes, " + failures + " failed";
  }

  long writes() {
    return writes.get();
  }

  private void run(
      TieredCache<Integer, String> cache, int instance, Random random, boolean reader) {
    while (!ended) {
      int key = random.nextInt(journal.keys());
      if (reader) {
        read(cache, instance, key, random);
      } else {
        write(cache, instance, key, random);
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(4_000)));
      }
    }
  }

  private void read(TieredCache<Integer, String> cache, int instance, int key, Random random) {
    String who = "instance " + instance;
    try {
      switch (random.nextInt(10)) {
        case 0 -> {
          Map<Integer, Long> oldest = new LinkedHashMap<>();
          for (int i = 0; i < 3; i++) {
            int other = (key + i) % journal.keys();
            oldest.put(other, journal.oldest(instance, other));
          }
          var found = cache.getAll(oldest.keySet());
          oldest.forEach((each, bound) -> journal.judge(who, each, bound, found.get(each)));
        }
        case 1 -> {
          long oldest = journal.oldest(instance, key);
          journal.judge(who, key, oldest, cache.getAsync(key).join());
        }
        default -> {
          long oldest = journal.oldest(instance, key);
          journal.judge(who, key, oldest, cache.get(key));
        }
      }
      reads.incrementAndGet();
    } catch (RuntimeException e) {
      failures.incrementAndGet();
    }
  }

  private void write(TieredCache<Integer, String> cache, int instance, int key, Random random) {
    var lock = putLocks.get(key);
    int way = switch (style) {
      case ALL -> random.nextInt(3);
      case WITHOUT_PUTS -> random.nextInt(2);
      case UPDATES -> 0;
      case TOO_EARLY -> 3;
    };
    if (lock != null) {
      (way == 2 ? lock.writeLock() : lock.readLock()).lock();
    }
    try {
      long version = switch (way) {
        case 0 ->
          cache
              .update(key, () -> {
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(2_000)));
                return journal.commit(key);
              })
              .result();
        case 2 -> put(cache, key);
        case 3 -> {
          cache.invalidate(key);
          LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(2_000)));
          yield journal.commit(key);
        }
        default -> {
          long committed = journal.commit(key);
          LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(500)));
          cache.invalidate(key);
          yield committed;
        }
      };
      journal.returned(instance, key, version);
      writes.incrementAndGet();
    } catch (RuntimeException e) {
      failures.incrementAndGet();
      settle(cache, key);
    } finally {
      if (lock != null) {
        (way == 2 ? lock.writeLock() : lock.readLock()).unlock();
      }
    }
  }

  /** What an application does whose invalidation was not delivered: it repeats it. */
  private void settle(TieredCache<Integer, String> cache, int key) {
    for (int i = 0; i < 1_000; i++) {
      try {
        cache.invalidate(key);
        return;
      } catch (RuntimeException e) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  private long put(TieredCache<Integer, String> cache, int key) {
    long version = journal.commit(key);
    String value = Journal.value(version);
    if (value == null) {
      cache.invalidate(key);
    } else {
      cache.put(key, value);
    }
    return version;
  }
}
