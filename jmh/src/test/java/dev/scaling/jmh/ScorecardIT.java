package dev.scaling.jmh;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The scorecard runs. What it measures is not judged here. */
@Timeout(120)
final class ScorecardIT {

  @Test
  void quickRun_printsEveryComparison() throws Exception {
    var out = new ByteArrayOutputStream();
    Scorecard.run(List.of("--quick"), new PrintStream(out, /* autoFlush= */ true, UTF_8));

    assertThat(out.toString(UTF_8)).contains(Comparison.all().keySet());
  }

  @Test
  void unknownId_isRefusedWithAllThatThereAre() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scorecard.run(List.of("cache.no-such"), System.out))
        .withMessageContaining("cache.no-such")
        .withMessageContaining("core.pipeline-64");
  }
}
