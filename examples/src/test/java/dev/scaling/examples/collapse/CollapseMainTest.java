package dev.scaling.examples.collapse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The program on the collapser's page runs, and says what the page says. */
@Timeout(60)
final class CollapseMainTest {

  @Test
  void program_asksTheSourceOnce() {
    var out = new ByteArrayOutputStream();

    CollapseMain.run(new PrintStream(out, /* autoFlush= */ true, UTF_8));

    assertThat(out.toString(UTF_8).lines())
        .containsExactly("99 callers served by 1 execution", "100 users found");
  }
}
