package dev.scaling.core.redis;

import dev.scaling.core.redis.RedisCallException.Failure;
import java.io.IOException;
import java.net.ConnectException;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.redisson.RedissonShutdownException;
import org.redisson.client.RedisAuthRequiredException;
import org.redisson.client.RedisConnectionException;
import org.redisson.client.RedisException;
import org.redisson.client.RedisNodeNotFoundException;
import org.redisson.client.RedisOutOfMemoryException;
import org.redisson.client.RedisReconnectedException;
import org.redisson.client.RedisResponseTimeoutException;
import org.redisson.client.RedisTimeoutException;
import org.redisson.client.WriteRedisConnectionException;

/**
 * Tells what a failure of Redisson says about the command's effect.
 *
 * <p>When in doubt the answer is {@link Failure#AMBIGUOUS}: to call a command unsent that ran is
 * the one mistake that callers cannot mend.
 */
final class Failures {

  /** Where Redisson, or a server that does not know the command, begins to repeat parameters. */
  private static final Pattern WITH_PARAMETERS =
      Pattern.compile("(?s)(\\. channel: |,? with args beginning).*");

  private static final Pattern SERVERS_WORD = Pattern.compile("(?s)-?[A-Z]{3,} .*");

  private Failures() {}

  /**
   * Classifies a failure of one command.
   *
   * @param batchSize how many commands were written together; a write that failed half way may have
   *     delivered the first of several, but never the whole of one
   */
  static Failure classify(Throwable failure, int batchSize) {
    Throwable cause = unwrap(failure);
    if (cause instanceof RedissonShutdownException) {
      return Failure.CLOSED;
    }
    if (cause instanceof RedisResponseTimeoutException
        || cause instanceof RedisReconnectedException) {
      return Failure.AMBIGUOUS;
    }
    if (cause instanceof WriteRedisConnectionException) {
      return batchSize == 1 ? Failure.NOT_SENT : Failure.AMBIGUOUS;
    }
    if (cause instanceof RedisTimeoutException // no free connection, or never written
        || cause instanceof RedisConnectionException
        || cause instanceof RedisNodeNotFoundException) {
      return Failure.NOT_SENT;
    }
    if (cause instanceof RedisAuthRequiredException) {
      return Failure.REJECTED;
    }
    if (cause instanceof RedisException) {
      return cause.getCause() instanceof ConnectException ? Failure.NOT_SENT : rejected(cause);
    }
    return Failure.AMBIGUOUS;
  }

  /**
   * Returns what can be told of a failure: an error of the server in its words, and of Redisson's
   * own the kind alone, since its messages hold the command's keys and values.
   */
  static String reason(Failure failure, Throwable cause) {
    if (failure != Failure.REJECTED) {
      return cause.getClass().getSimpleName();
    }
    String told = WITH_PARAMETERS.matcher(String.valueOf(cause.getMessage())).replaceFirst("");
    return cause instanceof RedisOutOfMemoryException && !told.startsWith("OOM")
        ? "OOM " + told.strip()
        : told;
  }

  /** Returns what the network said, if it did; all that Redisson says may hold keys and values. */
  static @Nullable Throwable cause(Throwable failure) {
    Throwable cause = failure;
    while (cause != null && cause.getClass().getName().startsWith("org.redisson.")) {
      cause = cause.getCause();
    }
    return cause;
  }

  /**
   * Returns why a connection failed: what the network or the server said at the root of it, and of
   * anything else the kind alone, since it may hold a password.
   */
  static String root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = String.valueOf(root.getMessage());
    boolean told = root instanceof IOException
        || (root instanceof RedisException && SERVERS_WORD.matcher(message).matches());
    return told ? reason(Failure.REJECTED, root) : root.getClass().getSimpleName();
  }

  static Throwable unwrap(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** A server's error has no cause; anything else that Redisson wraps happened on this side. */
  private static Failure rejected(Throwable cause) {
    return cause.getCause() == null ? Failure.REJECTED : Failure.AMBIGUOUS;
  }
}
