package dev.scaling.concurrency.limit;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Writes decisions as HTTP header fields. */
final class Headers {

  /*
   * draft-ietf-httpapi-ratelimit-headers-10: q is the quota, w its window in seconds, r what remains, t
   * the seconds until the quota is reset. Windows below a second count as one, with what it refills.
   */

  private Headers() {}

  static Map<String, String> of(List<String> names, List<RateLimit> limits, Decision decision) {
    Map<String, String> headers = new LinkedHashMap<>();
    var policy = new StringJoiner(", ");
    for (int i = 0; i < names.size(); i++) {
      var limit = limits.get(i);
      long window = Math.max(1, seconds(limit.period()));
      long quota = (long) ((double) limit.permits() / limit.period().toNanos() * window * 1e9);
      policy.add("\"" + names.get(i) + "\";q=" + Math.max(1, quota) + ";w=" + window);
    }
    headers.put("RateLimit-Policy", policy.toString());
    if (decision.limitedBy() != null) {
      headers.put(
          "RateLimit",
          "\""
              + decision.limitedBy()
              + "\";r="
              + decision.remaining()
              + ";t="
              + seconds(decision.resetAfter()));
    }
    if (!decision.isPermitted()) {
      headers.put("Retry-After", String.valueOf(Math.max(1, seconds(decision.retryAfter()))));
    }
    return headers;
  }

  /** Rounds up: who waits for so long does not come too early. */
  private static long seconds(Duration duration) {
    return duration.getSeconds() + (duration.getNano() > 0 ? 1 : 0);
  }
}
