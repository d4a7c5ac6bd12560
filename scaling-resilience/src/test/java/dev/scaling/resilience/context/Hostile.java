package dev.scaling.resilience.context;

import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What may stand in a header if somebody means ill, or does not know better. */
final class Hostile {

  private static final String CHARACTERS = "0123456789-+., \t\r\n:;eExXtrueGMTJanSun\u0660\u0000";

  private Hostile() {}

  /** Returns texts that are neither a number nor a date. */
  static List<String> texts() {
    return List.of(
        "",
        " ",
        "-",
        "--1",
        "+1",
        "1.5",
        "1e3",
        "0x10",
        "1_000",
        "5, 7", // two headers, joined
        "1;drop",
        "1\r\nscaling-attempt: 9",
        "\u0661\u0662", // digits, of another script
        "\uD800",
        "NaN",
        "Infinity",
        "null",
        "\u0000",
        "1\u0000",
        "9".repeat(10_240),
        "1".repeat(33),
        " ".repeat(10_240),
        "-".repeat(20));
  }

  /** Returns any text. */
  static @Nullable String random(Random random) {
    if (random.nextInt(50) == 0) {
      return null;
    }
    var text = new StringBuilder();
    int length = random.nextInt(random.nextInt(100) == 0 ? 11_000 : 24);
    for (int i = 0; i < length; i++) {
      int at = random.nextInt(random.nextBoolean() ? 11 : CHARACTERS.length());
      text.append(CHARACTERS.charAt(at));
    }
    return text.toString();
  }
}
