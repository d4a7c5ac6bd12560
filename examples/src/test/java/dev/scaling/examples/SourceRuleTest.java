package dev.scaling.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Holds the text of all files to the rules, and each rule to a file that breaks it. */
final class SourceRuleTest {

  private static final List<SourceFile> FILES = Repository.files();

  @ParameterizedTest
  @EnumSource
  void repository_keepsTheRule(SourceRule rule) {
    assertThat(rule.violations(FILES)).isEmpty();
  }

  @Test
  void repository_hasFiles() {
    assertThat(FILES).extracting(SourceFile::module).contains("scaling-core", "scaling-cache");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      NO_SYNCHRONIZED        | scaling-cache/src/main/java/A.java       | synchronized (this) {}
      NOTHING_LEFT_TO_DO     | docs/cache.md                            | TODO
      NOTHING_LEFT_TO_DO     | scaling-cache/src/main/java/A.java       | // FIXME later
      NO_TEST_DISABLED       | scaling-cache/src/test/java/A.java       | @Disabled void a() {}
      NO_TEST_SLEEPS         | scaling-cache/src/test/java/A.java       | Thread.sleep(1);
      NO_TEST_SLEEPS         | scaling-cache/src/test/java/A.java       | TimeUnit.DAYS.sleep(1);
      SUPPRESSION_SAYS_WHY   | jmh/src/main/java/A.java                 | @SuppressWarnings("a")
      ONE_WORD_FOR_A_THING   | scaling-cache/src/main/java/A.java       | int l1;
      ONE_WORD_FOR_A_THING   | scaling-cache/src/main/java/A.java       | class L2Tier {}
      ONE_WORD_FOR_A_THING   | scaling-cache/src/main/java/A.java       | void coalesceCalls();
      ONE_WORD_FOR_A_THING   | scaling-cache/src/main/java/A.java       | long ttlMs;
      NO_TOKENS_IN_A_LIMITER | scaling-concurrency/src/main/java/A.java | int tokens;
      NO_REGISTRY            | pom.xml                                  | https://repo.example.org/a
      NO_REGISTRY            | pom.xml                                  | <repository>
      NO_PATH_OF_A_MACHINE   | docs/cache.md                            | see /home/ada/notes
      SCRIPT_HAS_A_HEADER    | scaling-cache/src/main/resources/a.lua   | -- KEYS[1] a key
      """)
  void violation_isCaught(SourceRule rule, String path, String text) {
    assertThat(rule.violations(List.of(new SourceFile(path, text)))).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "FILE_OF_400_LINES_AT_MOST, scaling-cache/src/main/java/A.java, 400",
    "TEST_OF_300_LINES_AT_MOST, scaling-cache/src/test/java/A.java, 300",
    "SCRIPT_OF_60_LINES_AT_MOST, scaling-cache/src/main/resources/a.lua, 60",
    "CORE_STAYS_SMALL, scaling-core/src/main/java/A.java, 3000"
  })
  void oneLineTooMany_isCaught(SourceRule rule, String path, int most) {
    assertThat(rule.violations(List.of(new SourceFile(path, "\n".repeat(most)))))
        .isEmpty();
    assertThat(rule.violations(List.of(new SourceFile(path, "\n".repeat(most + 1)))))
        .hasSize(1);
  }

  @Test
  void oneFileTooManyInCore_isCaught() {
    var files = new ArrayList<SourceFile>();
    for (int i = 0; i < 36; i++) {
      files.add(new SourceFile("scaling-core/src/main/java/A" + i + ".java", ""));
    }

    assertThat(SourceRule.CORE_STAYS_SMALL.violations(files)).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      NO_SYNCHRONIZED      | // no synchronized block may stand here
      NO_SYNCHRONIZED      | String a = "synchronized";
      ONE_WORD_FOR_A_THING | long ttlMillis; // was ttlMs
      SUPPRESSION_SAYS_WHY | @SuppressWarnings("a") // since b
      NO_PATH_OF_A_MACHINE | https://example.org/home/ada
      """)
  void harmlessText_isLeftAlone(SourceRule rule, String text) {
    var file = new SourceFile("scaling-cache/src/main/java/A.java", text);

    assertThat(rule.violations(List.of(file))).isEmpty();
  }
}
