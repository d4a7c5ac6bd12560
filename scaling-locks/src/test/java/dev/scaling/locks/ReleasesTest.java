package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The text of attempts that give a lock back. */
final class ReleasesTest {

  @Test
  void attempt_isTakenOut_andNoOther() {
    assertThat(Releases.without(" a:1", "a:1")).isNull();
    assertThat(Releases.without(" a:1", "a:2")).isEqualTo(" a:1");
    assertThat(Releases.without(" a:1 a:11 a:2", "a:1")).isEqualTo(" a:11 a:2");
    assertThat(Releases.without(" a:11 a:1", "a:1")).isEqualTo(" a:11");
    assertThat(Releases.without(" a:1 a:2 a:3", "a:2")).isEqualTo(" a:1 a:3");
    assertThat(Releases.without(" a:1 a:2", "a:9")).isEqualTo(" a:1 a:2");
  }

  /** The newest are those whose calls are on the way; old ones wait for a node that hangs. */
  @Test
  void tooManyAttempts_leaveTheNewest() {
    String all = "";
    for (int i = 0; i < 1_000; i++) {
      all = Releases.and(all, " instance~1234:" + i);
    }

    assertThat(all).hasSizeBetween(4_000, 4_096).startsWith(" instance~1234:");
    assertThat(all).endsWith(" instance~1234:998 instance~1234:999");
  }
}
