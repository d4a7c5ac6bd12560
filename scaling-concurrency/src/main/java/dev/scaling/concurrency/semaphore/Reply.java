package dev.scaling.concurrency.semaphore;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What Redis says of an instance's block.
 *
 * @param permits how many the instance holds
 * @param others how many other instances wait, or how many permits there are too many
 * @param waits whether the instance stands in the line of those that wait
 * @param lastFencingToken the last of those that were asked for
 */
record Reply(int permits, long others, boolean waits, long lastFencingToken) {

  /**
   * Reads a reply.
   *
   * @throws IllegalStateException if it is not one of the script
   */
  static Reply of(List<@Nullable Object> reply) {
    if (reply.size() == 4
        && reply.get(0) instanceof Long permits
        && reply.get(1) instanceof Long others
        && reply.get(2) instanceof Long waits
        && reply.get(3) instanceof byte[] last
        && permits >= 0
        && permits <= Integer.MAX_VALUE) {
      return new Reply(
          permits.intValue(), others, waits == 1, Long.parseLong(new String(last, US_ASCII)));
    }
    throw new IllegalStateException("not a reply of block.lua: " + reply);
  }
}
