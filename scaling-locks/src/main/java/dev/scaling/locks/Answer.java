package dev.scaling.locks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a node answers to a call for a lock. What is not of its form fails as a whole. */
sealed interface Answer {

  /** Returns the run id of the server that answered. */
  String run();

  /**
   * The attempt has the lock.
   *
   * @param nowMicros the server's clock then
   */
  record Granted(String run, long nowMicros, long counter, long ticket) implements Answer {}

  /**
   * Somebody else has the lock.
   *
   * @param ticket the attempt's place in the line, if it stands there
   * @param isRead whether readers have it; the owner is one of them
   * @param leftMicros for how long, if nobody extends it
   */
  record Contended(
      String run,
      long nowMicros,
      long counter,
      long ticket,
      String owner,
      boolean isRead,
      long leftMicros)
      implements Answer {}

  /** The server has lost its memory, or never had one, and is being watched. */
  record NotMember(String run, String mark) implements Answer {}

  /** The attempt was given up. */
  record GivenUp(String run) implements Answer {}

  static Answer of(List<@Nullable Object> reply) {
    String run = text(reply.get(1));
    return switch (Math.toIntExact(number(reply.get(0)))) {
      case 1 ->
        new Granted(run, positive(reply.get(2)), counter(reply.get(3)), positive(reply.get(4)));
      case 0 ->
        new Contended(
            run,
            positive(reply.get(2)),
            positive(reply.get(3)),
            positive(reply.get(4)),
            text(reply.get(5)),
            number(reply.get(6)) == 1,
            number(reply.get(7)));
      case -1 -> new NotMember(run, text(reply.get(2)));
      case -2 -> new GivenUp(run);
      default -> throw new IllegalArgumentException("unknown answer");
    };
  }

  static String text(@Nullable Object element) {
    if (element instanceof byte[] bytes && bytes.length <= 512) {
      return new String(bytes, UTF_8);
    }
    throw new IllegalArgumentException("not a short text");
  }

  static long number(@Nullable Object element) {
    if (element instanceof Long number) {
      return number;
    }
    throw new IllegalArgumentException("not a number");
  }

  /** Returns the counter of a grant, which made it greater than nothing. */
  private static long counter(@Nullable Object element) {
    long counter = positive(element);
    if (counter == 0) {
      throw new IllegalArgumentException("no counter");
    }
    return counter;
  }

  /** Returns a number of the server's: a time, a counter or a ticket. */
  static long positive(@Nullable Object element) {
    long number = number(element);
    if (number < 0) {
      throw new IllegalArgumentException("negative");
    }
    return number;
  }
}
