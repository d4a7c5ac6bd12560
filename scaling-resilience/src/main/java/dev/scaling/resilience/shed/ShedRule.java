package dev.scaling.resilience.shed;

import java.util.Map;
import java.util.Objects;

/**
 * Which part of the limit is for whom, in thousandths, so that it is exact.
 *
 * @param shares of each priority, and none more than that of a higher one
 * @param callerShare of each caller in what the request's priority may see, once that is busy
 * @param callersFrom from which part of it on that is
 */
record ShedRule(Map<Priority, Integer> shares, int callerShare, int callersFrom) {

  static final int WHOLE = 1_000;

  /** Returns up to which usage a priority is admitted: at least 1, as long as there is a limit. */
  int ceiling(Priority priority, int limit) {
    return part(limit, Objects.requireNonNull(shares.get(priority)));
  }

  /** Returns how many requests a caller may have, if one more is admitted at this usage. */
  int quota(int usage, int ceiling) {
    boolean isBusy = (long) usage * WHOLE >= (long) ceiling * callersFrom;
    return isBusy ? part(ceiling, callerShare) : ceiling;
  }

  private static int part(int limit, int share) {
    return (int) Math.max(Math.min(1, limit), (long) limit * share / WHOLE);
  }
}
