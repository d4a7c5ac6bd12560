package dev.scaling.examples.locks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class LocksMainIT {

  @Test
  void program_keepsItsGuarantees() throws Exception {
    var out = new ByteArrayOutputStream();

    LocksMain.run(/* sales= */ 20, new PrintStream(out, /* autoFlush= */ true, UTF_8));

    assertThat(out.toString(UTF_8))
        .contains("PASS every holder's token was the greatest so far")
        .contains("PASS no sale was lost")
        .contains("PASS its lease had ended by then")
        .contains("PASS what it writes later is refused");
  }
}
