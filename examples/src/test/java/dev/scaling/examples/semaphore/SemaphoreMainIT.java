package dev.scaling.examples.semaphore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class SemaphoreMainIT {

  @Test
  void program_keepsItsGuarantees() throws Exception {
    var out = new ByteArrayOutputStream();

    SemaphoreMain.run(/* jobs= */ 10, new PrintStream(out, /* autoFlush= */ true, UTF_8));

    assertThat(out.toString(UTF_8))
        .contains("PASS never more than 3 at a time")
        .contains("PASS no fencing token came twice")
        .contains("PASS its permits had ended by then")
        .contains("PASS the fencing token is greater than all of its own");
  }
}
