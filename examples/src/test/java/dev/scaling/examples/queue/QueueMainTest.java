package dev.scaling.examples.queue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The program of the queue's page keeps what the page says, with the handler of that page. */
@Timeout(60)
final class QueueMainTest {

  @Test
  void program_losesNoMail() throws Exception {
    var out = new ByteArrayOutputStream();

    QueueMain.run(new PrintStream(out, /* autoFlush= */ true, UTF_8));

    assertThat(out.toString(UTF_8))
        .contains("PASS each accepted mail was stored, or is one dead letter")
        .contains("PASS never more than 10 waiting")
        .contains("PASS never more than 4 in the database");
  }
}
