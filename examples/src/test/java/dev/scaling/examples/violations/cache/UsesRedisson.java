package dev.scaling.examples.violations.cache;

import dev.scaling.examples.violations.core.ReadsTime;
import org.redisson.api.RedissonClient;

/** Uses the client past the port, and closes a cycle of packages. */
public record UsesRedisson(RedissonClient client) {

  /** Closes the cycle. */
  public long now() {
    return ReadsTime.CLOCK.getAsLong();
  }
}
