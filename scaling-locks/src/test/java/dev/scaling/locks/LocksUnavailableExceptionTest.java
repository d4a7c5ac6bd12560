package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.locks.Acquisition.Unavailable;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LocksUnavailableExceptionTest {

  @Test
  void message_namesTheNodes_andThoseThatLostTheirMemory() {
    var two = new Unavailable(List.of("node-a", "node-b"));

    assertThat(new LocksUnavailableException("test", two, List.of("node-c")))
        .hasMessage("test: no quorum: node-a, node-b could not be asked");
    assertThat(new LocksUnavailableException("test", two, List.of("node-b")))
        .hasMessage("test: no quorum: node-a, node-b could not be asked; node-b has lost its"
            + " memory, or never had one, and grants nothing for as long as a lease");
  }
}
