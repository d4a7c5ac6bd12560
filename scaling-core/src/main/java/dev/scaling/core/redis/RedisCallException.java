package dev.scaling.core.redis;

import dev.scaling.core.ScalingException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Says that a call to Redis brought no reply, and what is known of its effect.
 *
 * <p>Carries no stack trace of its own: under an outage there are many of them, and the cause has
 * one where it helps.
 */
public final class RedisCallException extends ScalingException {

  private static final long serialVersionUID = 1L;

  private final Failure failure;

  RedisCallException(Failure failure, String message, @Nullable Throwable cause) {
    super(message, cause, /* hasStackTrace= */ false);
    this.failure = failure;
  }

  /** Returns what is known of the call. */
  public Failure failure() {
    return failure;
  }

  /** What is known of a call that brought no reply. */
  public enum Failure {
    /** Redis never saw the command: it is safe to call again. */
    NOT_SENT,

    /**
     * The command was sent and no reply came in time. It may have run, may run later, or never:
     * only a call that does no harm when done twice may be repeated.
     */
    AMBIGUOUS,

    /**
     * Redis answered with an error, such as {@code WRONGTYPE}, {@code OOM}, {@code READONLY},
     * {@code LOADING} or {@code NOAUTH}. A plain command had no effect; a script keeps what it did
     * before the error.
     */
    REJECTED,

    /** This side was closed before the command was sent. */
    CLOSED;

    String words() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }
}
