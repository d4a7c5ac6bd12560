package dev.scaling.core.redis;

import dev.scaling.core.Time;
import dev.scaling.core.redis.RedisCallException.Failure;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Asks a port until it answers, or until there is no time left. */
final class Readiness {

  private static final String KEY = "scaling:ready"; // of which nothing is known: nobody writes it
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** Errors of a server that serves nobody yet. */
  private static final Pattern NOT_YET =
      Pattern.compile("\\b(LOADING|MASTERDOWN|CLUSTERDOWN|BUSY|TRYAGAIN)\\b");

  /** Errors of a server that will not serve us, however long we ask. */
  private static final Pattern NEVER = Pattern.compile("\\b(NOAUTH|WRONGPASS)\\b");

  private final Redis redis;
  private final Time time;
  private final long deadlineNanos;
  private final CompletableFuture<@Nullable Void> ready = new CompletableFuture<>();

  private Readiness(Redis redis, Time time, long deadlineNanos) {
    this.redis = redis;
    this.time = time;
    this.deadlineNanos = deadlineNanos;
  }

  static CompletableFuture<@Nullable Void> of(Redis redis, Time time, Duration timeout) {
    var readiness = new Readiness(redis, time, time.nanoTime() + timeout.toNanos());
    readiness.ask(timeout);
    return readiness.ready;
  }

  private void ask(Duration left) {
    redis.get(KEY, left).whenComplete((nothing, failure) -> {
      if (failure == null || isAnswer(failure)) {
        ready.complete(null);
      } else if (isFinal(failure) || left().compareTo(PAUSE) <= 0) {
        ready.completeExceptionally(failure);
      } else {
        time.schedule(() -> ask(left()), PAUSE);
      }
    });
  }

  private Duration left() {
    return Duration.ofNanos(Math.max(1_000_000, deadlineNanos - time.nanoTime()));
  }

  /** Another error is an answer: the key may be outside of what we may read, or no string. */
  private static boolean isAnswer(Throwable failure) {
    return failure instanceof RedisCallException call
        && call.failure() == Failure.REJECTED
        && !has(NOT_YET, failure)
        && !has(NEVER, failure);
  }

  private static boolean isFinal(Throwable failure) {
    return !(failure instanceof RedisCallException call)
        || call.failure() == Failure.CLOSED
        || has(NEVER, failure);
  }

  private static boolean has(Pattern words, Throwable failure) {
    return words.matcher(String.valueOf(failure.getMessage())).find();
  }
}
