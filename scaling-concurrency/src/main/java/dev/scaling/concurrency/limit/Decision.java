package dev.scaling.concurrency.limit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a limiter decided, and on what grounds.
 *
 * @param permits how many permits were granted; 0 if the call was refused
 * @param retryAfter how long to wait until as many permits as were asked for are there, if nobody
 *     else takes them; zero if they were granted, or if it is not known
 * @param remaining how many permits were left at least, of the limit that has the fewest; 0 if that
 *     is not known
 * @param resetAfter how long until that limit's burst is full again, if nobody takes more; zero if
 *     that is not known
 * @param limitedBy the name of the limit that refuses, or has the fewest left; {@code null} if that
 *     is not known
 * @param source who decided
 */
public record Decision(
    long permits,
    Duration retryAfter,
    long remaining,
    Duration resetAfter,
    @Nullable String limitedBy,
    Source source) {

  /** Who decided. */
  public enum Source {
    /** Redis, or for a limiter without Redis this process: exact at that moment. */
    STORE,
    /**
     * This instance, from permits that it had taken in advance; or a refusal, since it knows when
     * the next of those are due. Such a refusal costs no round trip, and is not counted among the
     * remembered ones.
     */
    ALLOTMENT,
    /** This instance, from an earlier refusal that still holds. */
    REMEMBERED_REFUSAL,
    /** This instance, since Redis was away: what {@code whenRedisFails} says. */
    FALLBACK
  }

  /** Returns whether permits were granted. */
  public boolean isPermitted() {
    return permits > 0;
  }
}
