package dev.scaling.examples.quota;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class QuotaMainIT {

  @Test
  void program_grantsNoMoreThanItsLimits() throws Exception {
    var out = new ByteArrayOutputStream();

    QuotaMain.run(Duration.ofSeconds(1), new PrintStream(out, /* autoFlush= */ true, UTF_8));

    assertThat(out.toString(UTF_8)).contains("PASS never above the limit");
  }
}
