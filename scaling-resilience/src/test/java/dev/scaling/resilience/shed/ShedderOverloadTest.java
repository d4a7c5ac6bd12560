package dev.scaling.resilience.shed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.resilience.context.CallContext;
import dev.scaling.testkit.SimulatedLoad;
import dev.scaling.testkit.SimulatedLoad.Gate;
import dev.scaling.testkit.SimulatedServer;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server to which twice as much comes as it can do, for a minute, with a shedder and without. */
@Tag("simulation")
@Timeout(120)
final class ShedderOverloadTest {

  private static final int WORKERS = 10; // each does 100 requests a second
  private static final double PER_SECOND = 2_000;
  private static final Duration PATIENCE = Duration.ofMillis(200);

  private final Map<Priority, Score> scores = new EnumMap<>(Priority.class);
  private final VirtualTime time = new VirtualTime();

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void criticalRequests_areServed_whileBulkIsShed(int seed) {
    run(seed, Shedder.builder("orders").limit(20).build());

    assertThat(success(Priority.CRITICAL)).isGreaterThan(0.99);
    assertThat(success(Priority.NORMAL)).isGreaterThan(0.88);
    assertThat(success(Priority.DEGRADED)).isBetween(0.3, 0.5);
    assertThat(success(Priority.BULK)).isLessThan(0.1);
  }

  @Test
  void sameForAll_servesHalfOfEach() {
    run(1, evenly(20));

    for (var priority : Priority.values()) {
      assertThat(success(priority)).as("%s", priority).isBetween(0.4, 0.6);
    }
  }

  /** The control: what the shedder is for. */
  @Test
  void noShedder_servesNobodyInTime() {
    run(1, evenly(1_000_000));

    for (var priority : Priority.values()) {
      assertThat(success(priority)).as("%s", priority).isLessThan(0.05);
    }
  }

  @Test
  void greedyCaller_doesNotTakeTheOthersPlaces() {
    var builder = Shedder.builder("orders").limit(20).busyRatio(0.5);

    assertThat(modestSuccess(builder.callerRatio(0.4).build())).isGreaterThan(0.98);
    assertThat(modestSuccess(builder.callerRatio(1).build())).isLessThan(0.7); // the control
  }

  /** Returns how a caller fares who makes one of ten requests, beside one who makes the rest. */
  private double modestSuccess(Shedder shedder) {
    var random = new Random(1);
    var modest = new Score();
    var gates = new ArrayList<Gate>();
    gates.add(gate(shedder, Priority.NORMAL, "modest", modest));
    for (int i = 0; i < 9; i++) {
      gates.add(gate(shedder, Priority.NORMAL, "greedy", new Score()));
    }
    new SimulatedLoad(time, random, server(random), PER_SECOND, gates).run(Duration.ofMinutes(1));
    return modest.success();
  }

  private void run(int seed, Shedder shedder) {
    var random = new Random(seed);
    List<Gate> gates = new ArrayList<>();
    for (var priority : Priority.values()) {
      var score = new Score();
      scores.put(priority, score);
      for (int i = 0; i < (priority == Priority.CRITICAL ? 1 : 3); i++) { // 10 %, and 30 % each
        gates.add(gate(shedder, priority, null, score));
      }
    }
    new SimulatedLoad(time, random, server(random), PER_SECOND, gates).run(Duration.ofMinutes(1));
  }

  private SimulatedServer server(Random random) {
    return new SimulatedServer(
        time, WORKERS, SimulatedServer.exponential(random, Duration.ofMillis(10)));
  }

  private Gate gate(Shedder shedder, Priority priority, @Nullable String caller, Score score) {
    return (Consumer<Runnable> start) -> {
      score.requests++;
      var context = CallContext.none().within(PATIENCE, time);
      var admission = shedder.tryAdmit(context, priority, caller);
      if (admission != null) {
        start.accept(() -> {
          admission.close();
          score.successes += context.isOver() ? 0 : 1;
        });
      }
    };
  }

  private static Shedder evenly(int limit) {
    var builder = Shedder.builder("orders").limit(limit);
    for (var priority : Priority.values()) {
      builder.priorityRatio(priority, 1);
    }
    return builder.build();
  }

  private double success(Priority priority) {
    return scores.getOrDefault(priority, new Score()).success();
  }

  private static final class Score {

    int requests;
    int successes;

    double success() {
      return successes / (double) requests;
    }
  }
}
