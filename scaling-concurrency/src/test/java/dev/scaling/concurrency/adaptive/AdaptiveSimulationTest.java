package dev.scaling.concurrency.adaptive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.netflix.concurrency.limits.limit.Gradient2Limit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import dev.scaling.core.Time;
import dev.scaling.testkit.SimulatedLoad.Gate;
import dev.scaling.testkit.SimulatedServer;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a limit does under lasting load, and what its peers do. */
@Tag("simulation") // in virtual time: one JDK shows it
@Timeout(120)
final class AdaptiveSimulationTest extends AdaptiveSimulation {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void lastingOverload_isServedAtCapacity_andTheLimitStays(long seed) {
    random = new SplittableRandom(seed);
    server = server(1);
    var limit = limit(builder());
    var load = load(OVERLOAD, gate(limit));

    load.run(MINUTE);
    double early = mean(load, () -> limit.snapshot().limit());
    for (int minute = 3; minute < 10; minute++) {
      var report = load.run(MINUTE);
      assertThat(report.servedPerSecond()).isGreaterThan(0.95 * CAPACITY);
      assertThat(report.median()).isLessThan(Duration.ofMillis(16));
    }

    assertThat(mean(load, () -> limit.snapshot().limit())).isCloseTo(early, within(0.1 * early));
  }

  /** The control: what is seen here of a limit that remembers the latency without load. */
  @Test
  void limitWithAMemory_isSeenToDrift() {
    var peer = new Remembering(time);
    var load = load(OVERLOAD, peer);

    load.run(MINUTE);
    double early = mean(load, peer.limit::getLimit);
    load.run(MINUTE.multipliedBy(7));

    assertThat(mean(load, peer.limit::getLimit)).isGreaterThan(1.5 * early);
  }

  @Test
  void slowerServer_isServedAtItsCapacity_afterTenSeconds() {
    var limit = limit(builder());
    var load = load(OVERLOAD, gate(limit));
    load.run(MINUTE);

    server.serviceNanos(SimulatedServer.exponential(random, SERVICE.multipliedBy(3)));
    load.run(Duration.ofSeconds(10));
    var report = load.run(MINUTE);

    assertThat(report.servedPerSecond()).isGreaterThan(0.95 * CAPACITY / 3);
    assertThat(report.median()).isLessThan(Duration.ofMillis(3 * 16));
  }

  @Test
  void largerServer_isFoundInAMinute_andSoIsASmallerOne() {
    var limit = limit(builder());
    var load = load(3 * OVERLOAD, gate(limit));
    load.run(MINUTE);

    server.workers(30);
    load.run(MINUTE);
    assertThat(load.run(MINUTE).servedPerSecond()).isGreaterThan(0.95 * 3 * CAPACITY);

    server.workers(10);
    load.run(MINUTE);
    assertThat(load.run(MINUTE).median()).isLessThan(Duration.ofMillis(16));
  }

  @Test
  void hardLimit_isNeverExceeded() {
    var limit = limit(builder().initialLimit(5).maximumLimit(12));
    var most = new AtomicInteger();
    var load = load(
        OVERLOAD,
        start -> gate(limit).request(whenDone -> {
          start.accept(whenDone);
          most.accumulateAndGet(server.usage(), Math::max);
        }));

    load.run(MINUTE);

    assertThat(most).hasValue(12);
  }

  @Test
  void overload_isRefusedWithinMilliseconds() {
    var limit = limit(builder().maximumWaiting(100));
    var waitedMillis = new ArrayList<Long>();
    var load = load(OVERLOAD, start -> {
      long begun = time.nanoTime();
      limit.acquireAsync(Priority.NORMAL).whenComplete((permit, failure) -> {
        if (failure == null) {
          start.accept(permit::success);
        } else {
          waitedMillis.add((time.nanoTime() - begun) / 1_000_000);
        }
      });
    });
    load.run(Duration.ofSeconds(10));
    waitedMillis.clear();

    load.run(MINUTE);

    var longer = waitedMillis.stream().filter(millis -> millis > 6).count();
    assertThat(longer).isLessThan(waitedMillis.size() / 100);
  }

  @Test
  void topPriority_isServedAtTwiceTheCapacity() {
    var limit = limit(builder().maximumWaiting(100));
    var asked = new int[2];
    var served = new int[2];
    var load = load(2, start -> {
      int isTop = random.nextInt(5) == 0 ? 1 : 0;
      asked[isTop]++;
      limit.acquireAsync(isTop == 1 ? Priority.CRITICAL : Priority.LOW).thenAccept(permit -> {
        served[isTop]++;
        start.accept(permit::success);
      });
    });

    var report = load.run(MINUTE);

    assertThat(served[1]).isGreaterThan((int) (0.999 * asked[1]));
    assertThat(served[0]).isLessThan((int) (0.5 * asked[0]));
    assertThat(report.servedPerSecond()).isGreaterThan(0.97 * CAPACITY);
  }

  @Test
  void instancesThatShareAServer_doNotOutbidOneAnother() {
    assertThat(medianOfFour(i -> time)).isLessThan(Duration.ofMillis(16));
  }

  /** The control: alone, each learns that to take more brings more. */
  @Test
  void instancesWhoseClocksDisagree_areSeenToOutbidOneAnother() {
    assertThat(medianOfFour(i -> clock(7_777L * i))).isGreaterThan(Duration.ofMillis(20));
  }

  private Duration medianOfFour(IntFunction<Time> clocks) {
    server = server(4);
    var gates = new Gate[4];
    for (int i = 0; i < gates.length; i++) {
      gates[i] = gate(limit(builder().time(clocks.apply(i))));
    }
    var load = load(OVERLOAD * gates.length, gates);
    load.run(MINUTE.multipliedBy(4));
    return load.run(MINUTE).median();
  }

  /** The same time with another wall clock. */
  private Time clock(long aheadMillis) {
    return new Time() {
      @Override
      public long nanoTime() {
        return time.nanoTime();
      }

      @Override
      public long currentTimeMillis() {
        return time.currentTimeMillis() + aheadMillis;
      }

      @Override
      public Cancellable schedule(Runnable task, Duration delay) {
        return time.schedule(task, delay);
      }
    };
  }

  /** Netflix's Gradient2, with its own windows. */
  private static final class Remembering implements Gate {

    final WindowedLimit limit =
        WindowedLimit.newBuilder().build(Gradient2Limit.newBuilder().minLimit(1).build());
    private final VirtualTime time;
    private int usage;

    Remembering(VirtualTime time) {
      this.time = time;
    }

    @Override
    public void request(Consumer<Runnable> start) {
      if (usage >= limit.getLimit()) {
        return;
      }
      int seen = ++usage;
      long begun = time.nanoTime();
      start.accept(() -> {
        usage--;
        limit.onSample(begun, time.nanoTime() - begun, seen, /* didDrop= */ false);
      });
    }
  }
}
