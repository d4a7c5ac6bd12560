package dev.scaling.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * A source whose values are versions, and the oracle of what a read of it may return.
 *
 * <p>To commit is to raise a key's version by one, atomically. A read may return no version older
 * than the newest whose write and invalidation had returned before the read began: on the same
 * instance at once, on others after a delay; and none that was not committed when it ended. Every
 * seventh version is the lack of a value.
 *
 * <p>It lives in a buffer, so that processes can share it through a file.
 */
final class Journal {

  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final int LACKING = 7;

  private final ByteBuffer longs;
  private final int keys;
  private final int instances;
  private final long delayNanos;
  private final ConcurrentLinkedDeque<Sample> samples = new ConcurrentLinkedDeque<>();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();

  Journal(ByteBuffer longs, int keys, int instances, Duration delay) {
    this.longs = longs;
    this.keys = keys;
    this.instances = instances;
    delayNanos = delay.toNanos();
  }

  static int bytes(int keys, int instances) {
    return keys * (1 + instances) * Long.BYTES;
  }

  int keys() {
    return keys;
  }

  /** Writes a new version, and returns it. */
  long commit(int key) {
    return (long) LONGS.getAndAdd(longs, at(key), 1L) + 1;
  }

  long committed(int key) {
    return (long) LONGS.getVolatile(longs, at(key));
  }

  /** Notes that a version was committed and invalidated, both of which have returned. */
  void returned(int instance, int key, long version) {
    int at = at(key) + (1 + instance) * Long.BYTES;
    long before = (long) LONGS.getVolatile(longs, at);
    while (before < version && !LONGS.compareAndSet(longs, at, before, version)) {
      before = (long) LONGS.getVolatile(longs, at);
    }
  }

  /** Remembers what has returned until now; to be called often. */
  void sample() {
    var newest = new long[keys];
    long now = System.nanoTime();
    for (int key = 0; key < keys; key++) {
      for (int instance = 0; instance < instances; instance++) {
        newest[key] = Math.max(newest[key], returnedBy(instance, key));
      }
    }
    // What was read after `now` may be newer: the sample is dated by its end.
    samples.addLast(new Sample(Math.max(now, System.nanoTime()), newest));
    while (samples.size() > 2_000) {
      samples.pollFirst();
    }
  }

  /** Returns the oldest version that a read which begins now may return. */
  long oldest(int instance, int key) {
    long since = System.nanoTime() - delayNanos;
    long oldest = returnedBy(instance, key);
    var latest = samples.descendingIterator();
    while (latest.hasNext()) {
      var sample = latest.next();
      if (sample.nanos - since <= 0) {
        return Math.max(oldest, sample.newest[key]);
      }
    }
    return oldest;
  }

  static @Nullable String value(long version) {
    return version % LACKING == 0 ? null : Long.toString(version);
  }

  /** Judges a read that has ended. */
  void judge(String who, int key, long oldest, @Nullable String value) {
    long newest = committed(key);
    boolean possible;
    if (value == null) {
      possible = newest / LACKING * LACKING >= oldest;
    } else {
      long version = Long.parseLong(value);
      possible = version >= oldest && version <= newest && version % LACKING != 0;
    }
    if (!possible && violations.size() < 1_000) {
      violations.add(who + " read " + value + " of key " + key + ", possible were " + oldest
          + " to " + newest);
    }
  }

  Queue<String> violations() {
    return violations;
  }

  private long returnedBy(int instance, int key) {
    return (long) LONGS.getVolatile(longs, at(key) + (1 + instance) * Long.BYTES);
  }

  private int at(int key) {
    return key * (1 + instances) * Long.BYTES;
  }

  @SuppressWarnings("ArrayRecordComponent") // nobody compares two of them
  private record Sample(long nanos, long[] newest) {}
}
