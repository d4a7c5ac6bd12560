package dev.scaling.core.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.Redis.Health;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OutcomesTest {

  private final VirtualTime time = new VirtualTime();
  private final Outcomes outcomes = new Outcomes(time);

  @Test
  void health_tellsSinceWhen_andKeepsThatWhileNothingTurns() {
    time.advance(Duration.ofSeconds(5));
    assertThat(outcomes.health())
        .isEqualTo(new Health(Health.State.UNKNOWN, Duration.ofSeconds(5)));

    outcomes.answered();
    time.advance(Duration.ofSeconds(1));
    outcomes.answered();
    time.advance(Duration.ofSeconds(1));

    assertThat(outcomes.health()).isEqualTo(new Health(Health.State.UP, Duration.ofSeconds(2)));
  }

  @ParameterizedTest
  @CsvSource({"NOT_SENT,DOWN", "AMBIGUOUS,DOWN", "REJECTED,UP", "CLOSED,UNKNOWN"})
  void failure_isCounted_andTurnsHealth(Failure failure, Health.State state) {
    outcomes.failed(failure);

    assertThat(outcomes.health().state()).isEqualTo(state);
    for (Failure each : Failure.values()) {
      assertThat(outcomes.failures(each)).isEqualTo(each == failure ? 1 : 0);
    }
  }
}
