package dev.scaling.core.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SectionTest {

  private final Section section = new Section();
  private final List<String> done = new ArrayList<>();

  @Test
  void whatIsPutOff_isDoneAfterTheSection_inItsOrder() {
    section.run(() -> {
      section.after(() -> done.add("second"));
      section.after(() -> section.run(() -> done.add("third")));
      done.add("first");
    });

    assertThat(done).containsExactly("first", "second", "third");
  }

  @Test
  void whatIsPutOff_isDone_thoughSomeOfItThrows() {
    assertThatIllegalStateException()
        .isThrownBy(() -> section.run(() -> {
          section.after(() -> fail("one"));
          section.after(() -> done.add("two"));
          section.after(() -> {
            throw new NoSuchMethodError("three");
          });
          section.after(() -> done.add("four"));
        }))
        .withMessage("one");

    assertThat(done).containsExactly("two", "four");
    section.run(() -> done.add("and nothing is left"));
    assertThat(done).hasSize(3);
  }

  private static void fail(String message) {
    throw new IllegalStateException(message);
  }
}
