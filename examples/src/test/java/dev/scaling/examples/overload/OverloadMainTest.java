package dev.scaling.examples.overload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Scanner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The program of the adaptive limit's page runs, and comes to what the page says. */
@Timeout(60)
final class OverloadMainTest {

  @Test
  void program_servesWhatThePageSays() throws Exception {
    var out = new ByteArrayOutputStream();

    OverloadMain.run(new PrintStream(out, /* autoFlush= */ true, UTF_8));

    var lines = out.toString(UTF_8).lines().toList();
    var page = Files.readString(Path.of("../docs/adaptive-limit.md"));
    assertThat(lines).hasSize(16);
    assertThat(lines.stream().filter(line -> line.startsWith("--") || line.startsWith("  s")))
        .allSatisfy(line -> assertThat(page).contains(line));
    // The rest is not compared: logarithms of two JDKs may differ by a bit, and so all that
    // follows.
    assertThat(served(lines, 5)).isBetween(950.0, 1_020.0);
    assertThat(served(lines, 10)).isBetween(310.0, 345.0);
    assertThat(served(lines, 15)).isBetween(2_850.0, 3_060.0);
  }

  private static double served(List<String> lines, int index) {
    return new Scanner(lines.get(index)).skip("\\s*\\d+\\s+\\d+").nextDouble();
  }
}
