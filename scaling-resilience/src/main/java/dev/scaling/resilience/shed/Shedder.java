package dev.scaling.resilience.shed;

import dev.scaling.core.internal.Checks;
import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.resilience.context.CallContext;
import dev.scaling.resilience.shed.LoadShedException.Reason;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a server within the load that it can bear: a request is admitted or refused at once, and
 * what matters less is refused first.
 *
 * <ul>
 *   <li>There are never more requests admitted than the limit. If that is lowered, those who are
 *       under way go on, and nobody is admitted until there are fewer.
 *   <li>A request is admitted only while fewer are under way, of all priorities, than the part of
 *       the limit that its {@link Priority} may use. So higher ones always have the rest.
 *   <li>While the server is busy, no request is admitted whose caller has its share. An idle server
 *       serves a lone caller fully.
 *   <li>A request whose deadline is over is not admitted.
 * </ul>
 *
 * <p>Nothing waits here for a place. Requests that name a caller may wait for each other for as
 * long as it takes to count one, others for nobody. Safe for use by many threads.
 */
public final class Shedder implements AutoCloseable {

  /*
   * Priorities share one limit by ceilings on the whole usage, not by parts of their own: so what is there
   * can be used by whoever needs it, and the order in which they are refused follows. Compare the
   * partitions of https://github.com/Netflix/concurrency-limits, whose parts are rounded up and so can be
   * more than the whole, and the criticality of the Google SRE book, chapter 21, "Handling Overload".
   *
   * Each of the conditions above is checked in the one compare-and-set that takes the place.
   */

  private final String name;
  private final Places places;
  private final Callers callers;
  private final boolean isRetryLower;
  private final Duration retryAfter;
  private final ShedCounters counters = new ShedCounters();
  private final Telemetry telemetry;

  Shedder(ShedderBuilder builder) {
    name = builder.name;
    places = new Places(builder.rule(), builder.limit);
    callers = new Callers(places);
    isRetryLower = builder.isRetryLower;
    retryAfter = builder.retryAfter;
    telemetry = new Telemetry(builder.openTelemetry, "scaling-resilience", name);
    counters.register(telemetry, places);
  }

  /**
   * Begins to set a shedder up.
   *
   * @param name for meters and messages: 1 to 64 letters, digits, dots, dashes and underscores
   */
  public static ShedderBuilder builder(String name) {
    return new ShedderBuilder(name);
  }

  /**
   * Admits a request, or returns {@code null}. Never blocks.
   *
   * @param context of the request: whether its deadline is over, and which attempt it is
   * @param caller whose share it counts for, or {@code null} for nobody's. Anything: its first 256
   *     characters count, and are kept as long as the caller has a request here
   */
  public @Nullable Admission tryAdmit(
      CallContext context, Priority priority, @Nullable String caller) {
    String key = caller == null ? null : Callers.key(caller);
    return decide(context, priority, key) == Verdict.ADMITTED ? new Admission(this, key) : null;
  }

  /**
   * Admits a request as {@link #tryAdmit} does.
   *
   * @throws LoadShedException if it would have returned {@code null}
   */
  public Admission admit(CallContext context, Priority priority, @Nullable String caller) {
    String key = caller == null ? null : Callers.key(caller);
    return switch (decide(context, priority, key)) {
      case ADMITTED -> new Admission(this, key);
      case SHED -> throw new LoadShedException(name, priority, Reason.SHED, retryAfter);
      case QUOTA -> throw new LoadShedException(name, priority, Reason.QUOTA, retryAfter);
      case DEADLINE -> throw new LoadShedException(name, priority, Reason.DEADLINE, Duration.ZERO);
    };
  }

  /**
   * Does the work of a request on this thread if it is admitted, as {@link #tryAdmit} says.
   *
   * @throws LoadShedException if it is not
   * @throws Exception what the work throws
   */
  public <V extends @Nullable Object> V run(
      CallContext context, Priority priority, @Nullable String caller, Callable<V> work)
      throws Exception {
    Checks.notNull(work, "work");
    var admission = admit(context, priority, caller);
    try {
      return work.call();
    } finally {
      admission.close();
    }
  }

  /**
   * Changes the limit. Never blocks; requests under way go on.
   *
   * @param limit from 1 to 1,000,000
   */
  public void limit(int limit) {
    places.limit((int) Checks.range("limit", limit, 1, ShedderBuilder.MOST));
  }

  /** Returns the numbers of this shedder. */
  public Snapshot snapshot() {
    return new Snapshot(
        counters.of(Verdict.ADMITTED),
        counters.of(Verdict.SHED),
        counters.of(Verdict.QUOTA),
        counters.of(Verdict.DEADLINE),
        places.usage(),
        places.limit(),
        callers.size());
  }

  /** Unregisters the meters. The shedder itself goes on. Does nothing the second time. */
  @Override
  public void close() {
    telemetry.close();
  }

  @Override
  public String toString() {
    return "Shedder[" + name + ", " + places.usage() + " of " + places.limit() + "]";
  }

  void release(@Nullable String key) {
    if (key == null) {
      places.release();
    } else {
      callers.release(key);
    }
  }

  private Verdict decide(CallContext context, Priority priority, @Nullable String key) {
    Checks.notNull(context, "context");
    Checks.notNull(priority, "priority");
    var verdict = context.isOver() ? Verdict.DEADLINE : take(context, priority, key);
    counters.count(priority, verdict);
    return verdict;
  }

  private Verdict take(CallContext context, Priority priority, @Nullable String key) {
    var asked = isRetryLower && context.attempt() > 1 ? priority.lower() : priority;
    return key == null ? places.tryTake(asked, /* ofCaller= */ 0) : callers.tryTake(asked, key);
  }

  /**
   * The numbers of a shedder, each read at about the same time.
   *
   * @param admitted requests
   * @param shed requests that were refused because their priority had no place
   * @param overQuota requests that were refused because their caller had its share
   * @param late requests that were refused because their deadline was over
   * @param usage requests under way
   * @param limit how many there may be
   * @param callers who have a request under way and were named
   */
  public record Snapshot(
      long admitted, long shed, long overQuota, long late, int usage, int limit, int callers) {}
}
