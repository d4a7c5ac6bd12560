package dev.scaling.cache.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds each protocol to its verdict, over all of its states. */
@Tag("simulation") // in virtual time: one JDK shows it
final class ProtocolModelTest {

  private static final int MAXIMUM_STATES = 1_000_000;

  @ParameterizedTest(name = "{0}")
  @MethodSource({
    "dev.scaling.cache.protocol.PublishedVariants#fresh",
    "dev.scaling.cache.protocol.ShippedVariants#fresh"
  })
  void protocol_leavesNothingStale(Variant variant, int states) {
    var exploration = Explorer.explore(new Protocol(variant), MAXIMUM_STATES);

    assertThat(exploration.counterexample()).isEmpty();
    assertThat(exploration.isComplete()).isTrue();
    assertThat(exploration.ends()).isPositive();
    assertThat(exploration.states()).isEqualTo(states);
  }

  /** The controls: a model that cannot find these faults would prove nothing about the others. */
  @ParameterizedTest(name = "{0}")
  @MethodSource({
    "dev.scaling.cache.protocol.PublishedVariants#stale",
    "dev.scaling.cache.protocol.ShippedVariants#stale"
  })
  void protocol_leavesAStaleValue(Variant variant, int states) {
    var protocol = new Protocol(variant);

    var exploration = Explorer.explore(protocol, MAXIMUM_STATES);

    assertThat(exploration.isComplete()).isTrue();
    assertThat(exploration.states()).isEqualTo(states);
    assertThat(exploration.counterexample())
        .hasValueSatisfying(path ->
            assertThat(replay(protocol, path).staleTiers()).as("%s", path).isNotEmpty());
  }

  private static State replay(Protocol protocol, List<String> path) {
    State state = protocol.start();
    for (String label : path) {
      List<Step> taken = protocol.stepsFrom(state).stream()
          .filter(step -> step.label().equals(label))
          .toList();
      assertThat(taken).as(label).hasSize(1);
      state = taken.get(0).next();
    }
    return state;
  }
}
