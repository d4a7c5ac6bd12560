package dev.scaling.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the README to the code, and the links of all pages to the files. */
final class ReadmeTest {

  private static final String FIRST_USE =
      "examples/src/test/java/dev/scaling/examples/FirstUseIT.java";
  private static final String QUEUE =
      "examples/src/main/java/dev/scaling/examples/queue/QueueMain.java";
  private static final Pattern LINK = Pattern.compile("\\]\\(<?([^)#>\\s]+)");

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "docs/cache.md"})
  void firstUse_isWhatIsTested(String page) {
    List<String> blocks = blocks(Repository.read(page), "java");

    assertThat(blocks).as("%s must have a java block", page).isNotEmpty();
    // The formatter breaks lines elsewhere than a page does.
    assertThat(blocks.get(0))
        .isEqualToIgnoringWhitespace(region(Repository.read(FIRST_USE), "first-use"));
  }

  @Test
  void handlerOfTheQueuesPage_isWhatIsTested() {
    assertThat(blocks(Repository.read("docs/queue.md"), "java"))
        .anySatisfy(block -> assertThat(block)
            .isEqualToIgnoringWhitespace(region(Repository.read(QUEUE), "handler")));
  }

  @Test
  void jackson_isOfTheVersionThatIsTested() {
    var version = Pattern.compile("<jackson.version>(.*?)</").matcher(Repository.read("pom.xml"));

    assertThat(version.find()).isTrue();
    assertThat(Repository.read("README.md"))
        .containsIgnoringWhitespaces(
            "<artifactId>jackson-databind</artifactId><version>" + version.group(1));
  }

  @Test
  void ci_runsTheSecondCommand() {
    List<String> blocks = blocks(Repository.read("README.md"), "sh");

    assertThat(blocks)
        .as("README.md must have two sh blocks, one to run and one to test")
        .hasSizeGreaterThanOrEqualTo(2);
    assertThat(blocks.subList(0, 2)).allSatisfy(block -> assertThat(block).hasLineCount(1));
    assertThat(commands(Repository.read(".ci/run"))).contains(blocks.get(1));
  }

  @Test
  void commands_areLinesAndArrays() {
    assertThat(commands("set -e\nmvn verify\n  tests=(mvn test) # twice\n"))
        .containsExactly("set -e", "mvn verify", "mvn test");
  }

  @Test
  void links_lead_somewhere() {
    assertThat(Repository.files().stream()
            .filter(file -> file.path().endsWith(".md"))
            .flatMap(file -> deadLinks(file).stream()))
        .isEmpty();
  }

  @Test
  void deadLink_isCaught() {
    var page = new SourceFile("README.md", "[a](docs/nowhere.md) [b](pom.xml#c) [d](https://e.f/)");

    assertThat(deadLinks(page)).containsExactly("README.md: docs/nowhere.md");
  }

  @Test
  void region_isTakenWithoutItsIndent() {
    String text = "  // region a\n  b {\n    c\n\n  }\n  // endregion\n";

    assertThat(region(text, "a")).isEqualTo("b {\n  c\n\n}");
  }

  @Test
  void blocks_areThoseOfTheLanguage() {
    assertThat(blocks("```java\na\nb\n```\n```sh\nc\n```\n", "java")).containsExactly("a\nb");
  }

  private static List<String> blocks(String markdown, String language) {
    var found = new ArrayList<String>();
    var block = Pattern.compile("(?ms)^```" + language + "\\n(.*?)^```$").matcher(markdown);
    while (block.find()) {
      found.add(block.group(1).stripTrailing());
    }
    return found;
  }

  private static String region(String source, String name) {
    var region = Pattern.compile(
            "(?ms)^ *// region " + Pattern.quote(name) + "\\n(.*?)^ *// endregion$")
        .matcher(source);
    assertThat(region.find()).as("no region " + name).isTrue();
    return region.group(1).stripTrailing().stripIndent();
  }

  /** A command stands in a line of its own, or in an array that is run later. */
  private static List<String> commands(String script) {
    return script
        .lines()
        .map(String::strip)
        .map(line -> line.replaceFirst("^\\w+=\\(([^)]*)\\)(\\s+#.*)?$", "$1"))
        .toList();
  }

  private static List<String> deadLinks(SourceFile page) {
    var folder = Repository.root().resolve(page.path()).getParent();
    return LINK.matcher(page.text())
        .results()
        .map(link -> link.group(1))
        .filter(target -> !target.matches("[a-z]+:.*"))
        .filter(target -> !Files.exists(folder.resolve(target)))
        .map(target -> page.path() + ": " + target)
        .toList();
  }
}
