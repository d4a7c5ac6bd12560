package dev.scaling.examples.outage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The program of the resilience page runs, and comes to what the page says. */
@Tag("simulation")
@Timeout(60)
final class OutageMainTest {

  @Test
  void program_recoversWithABudget_andNotWithoutOne() {
    var out = new ByteArrayOutputStream();

    OutageMain.run(new PrintStream(out, /* autoFlush= */ true, UTF_8));

    var lines = out.toString(UTF_8).lines().toList();
    assertThat(lines).hasSize(5);
    assertThat(lines.get(1)).matches("none +1\\.00  1\\d\\.\\d s");
    assertThat(lines.get(2)).matches("after each failure +[23]\\.\\d\\d  never");
    assertThat(lines.get(3)).matches("paid by a budget +1\\.0\\d  1\\d\\.\\d s");
    assertThat(lines.get(4)).matches("the same, late work dropped +1\\.0\\d  0\\.\\d s");
  }
}
