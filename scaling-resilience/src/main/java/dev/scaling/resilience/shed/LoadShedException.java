package dev.scaling.resilience.shed;

import dev.scaling.core.RejectedException;
import java.time.Duration;
import java.util.Locale;

/** A server refused a request before it did anything for it. */
public final class LoadShedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  private final Reason reason;

  LoadShedException(String shedder, Priority priority, Reason reason, Duration retryAfter) {
    super(
        shedder,
        priority.name().toLowerCase(Locale.ROOT) + " request refused, " + reason.text,
        retryAfter);
    this.reason = reason;
  }

  /** Returns why. */
  public Reason reason() {
    return reason;
  }

  /** Why a request is refused. */
  public enum Reason {
    /** So many requests are under way that those of its priority have no place. */
    SHED("as many are under way as its priority may see"),
    /** The server is busy, and its caller has its share of requests under way. */
    QUOTA("its caller has its share under way"),
    /** Its deadline is over, so that nobody waits for the outcome. */
    DEADLINE("its deadline is over");

    private final String text;

    Reason(String text) {
      this.text = text;
    }
  }
}
