package dev.scaling.cache;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes the 16 bytes that tell one load, or one writer, from every other one ever: eight that are
 * random for this instance, and a count. An id per instance would not do: an old load of an
 * instance could then fill under its new lease.
 */
final class UniqueIds {

  private final long instance = new SecureRandom().nextLong();
  private final AtomicLong count = new AtomicLong();

  byte[] next() {
    return ByteBuffer.allocate(16)
        .putLong(instance)
        .putLong(count.incrementAndGet())
        .array();
  }
}
