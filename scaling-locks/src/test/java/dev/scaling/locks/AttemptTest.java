package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What follows from what nodes say; {@link QuorumTokenTest} explores the rest. */
final class AttemptTest {

  private static final Moment LATER = new Moment(1L << 60, 1L << 40);

  /** Else the attempt waits for a confirmation for ever that nobody was asked for. */
  @Test
  void nodeThatLostTheLock_andGrantsItAgain_isToldAnewToRaiseItsCounter() {
    var attempt = new Attempt(3);
    attempt.held(0, 9, LATER);
    attempt.held(1, 5, LATER);
    attempt.refused(2);
    assertThat(attempt.raise(1)).isTrue();
    assertThat(attempt.raise(1)).isFalse();

    attempt.refused(1);
    attempt.held(1, 7, LATER);

    assertThat(attempt.isConfirmed()).isFalse();
    assertThat(attempt.raise(1)).isTrue();
    attempt.raised(1, 9, LATER);
    assertThat(attempt.isConfirmed()).isTrue();
  }
}
