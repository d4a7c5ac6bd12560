package dev.scaling.locks.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds of a guard in every database. */
@Timeout(120)
abstract class JdbcFenceGuardContract extends FenceGuardContract {

  final JdbcFenceGuard guard = FenceGuard.jdbc("invoices");
  final TestDatabase database;

  JdbcFenceGuardContract(TestDatabase database) {
    this.database = database;
  }

  @Override
  Subject guard() {
    return new Transactions();
  }

  @Override
  int mostBytes() {
    return 255;
  }

  @BeforeEach
  final void open() throws SQLException {
    database.createTables();
  }

  @AfterEach
  final void close() throws SQLException {
    database.close();
  }

  @Test
  void connectionInAutoCommit_isRefused() throws SQLException {
    try (var connection = database.connect()) {
      assertThatIllegalStateException()
          .isThrownBy(() -> guard.check(connection, "a", 1))
          .withMessage("invoices: auto-commit is on, so check and write would not be atomic:"
              + " switch it off");
    }
  }

  @Test
  void rollback_takesTheTokenBack() throws SQLException {
    var transaction = database.begin();
    guard.check(transaction, "a", 7);

    transaction.rollback();

    assertThat(guard().tryCheck("a", 6)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"true, 6, false", "true, 7, true", "true, 8, true", "false, 6, true"})
  void firstInsertRace_isDecidedByWhatTheFirstCommits(
      boolean isCommitted, long second, boolean isAccepted) throws Exception {
    assertThatTheSecondWaits("new", isCommitted, second, isAccepted);
  }

  @ParameterizedTest
  @CsvSource({"true, 6, false", "true, 7, true", "true, 8, true", "false, 6, true"})
  void secondTransaction_waitsForTheFirst_andSeesWhatItCommitted(
      boolean isCommitted, long second, boolean isAccepted) throws Exception {
    guard().check("known", 5);

    assertThatTheSecondWaits("known", isCommitted, second, isAccepted);
  }

  @ParameterizedTest
  @ValueSource(ints = {Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE})
  void olderSnapshot_letsNoOlderTokenPass(int isolation) throws Exception {
    guard().check("known", 5);
    for (String resource : List.of("known", "new")) {
      var transaction = database.begin();
      transaction.setTransactionIsolation(isolation);
      try (var statement = transaction.createStatement()) {
        statement.executeQuery("SELECT COUNT(*) FROM invoices");
      }

      guard().check(resource, 7);

      assertThat(accepts(transaction, resource, 6)).isFalse();
      transaction.rollback();
      assertThat(accepts(transaction, resource, 8)).as("repeated").isTrue();
      transaction.rollback();
    }
  }

  @Test
  void writesOfManyTransactions_neverGoBack() throws Exception {
    FenceHistory.run(
        /* seed= */ 1,
        /* steps= */ 150,
        (random, i) -> database.inTransaction(connection -> {
          String resource = resource(random);
          long token = FenceHistory.token(random, i);
          if (guard.tryCheck(connection, resource, token)) {
            TestDatabase.write(connection, resource, token);
          }
        }));

    assertThat(database.written(0)).hasSizeGreaterThan(3);
    assertThat(database.anyGoesBack()).isFalse();
  }

  /** A control: the check is committed before the write begins. */
  @Test
  void checkInATransactionOfItsOwn_isCaught() throws Exception {
    boolean mayWrite = guard().tryCheck("r0", 7);
    checkAndWrite("r0", 8);
    assertThat(database.anyGoesBack()).isFalse();

    if (mayWrite) {
      database.inTransaction(connection -> TestDatabase.write(connection, "r0", 7));
    }

    assertThat(database.anyGoesBack()).isTrue();
  }

  /** A control: one statement reads, another writes, and nothing is locked in between. */
  @Test
  void guardThatReadsAndThenWrites_isCaught() throws Exception {
    guard().check("r0", 1);
    var older = database.begin();
    boolean mayWrite = known(older, "r0") <= 7;
    checkAndWrite("r0", 8);
    assertThat(database.anyGoesBack()).isFalse();

    if (mayWrite) {
      TestDatabase.execute(
          older, "UPDATE invoices SET fencing_token = 7 WHERE resource_name = 'r0'");
      TestDatabase.write(older, "r0", 7);
      older.commit();
    }

    assertThat(database.anyGoesBack()).isTrue();
  }

  @Test
  void tableThatIsNotThere_failsAsTheDatabaseSays() throws SQLException {
    var transaction = database.begin();

    assertThatExceptionOfType(SQLException.class)
        .isThrownBy(() -> FenceGuard.jdbc("nowhere").check(transaction, "a", 1));
  }

  @Test
  void nameWithNul_isRefused() throws SQLException {
    var transaction = database.begin();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> guard.check(transaction, "a\0", 1))
        .withMessage("invoices: resource must not hold the character NUL");
  }

  private void checkAndWrite(String resource, long token) throws Exception {
    database.inTransaction(connection -> {
      guard.check(connection, resource, token);
      TestDatabase.write(connection, resource, token);
    });
  }

  private static long known(Connection connection, String resource) throws SQLException {
    return TestDatabase.number(
        connection, "SELECT fencing_token FROM invoices WHERE resource_name = '" + resource + "'");
  }

  /** Two transactions at a time, with tokens 7 and `second`; both wrote something else before. */
  private void assertThatTheSecondWaits(
      String resource, boolean isCommitted, long token, boolean isAccepted) throws Exception {
    var first = database.begin();
    var second = database.begin();
    guard.check(first, resource, 7);
    TestDatabase.write(second, "before", 1);
    var end = CompletableFuture.supplyAsync(
        () -> TestDatabase.unchecked(() -> guard.tryCheck(second, resource, token)),
        work -> new Thread(work).start());
    await().until(database::isWaiting);
    assertThat(end).isNotDone();

    if (isCommitted) {
      first.commit();
    } else {
      first.rollback();
    }

    assertThat(end.get()).isEqualTo(isAccepted);
    TestDatabase.write(
        second, "after", 1); // the transaction is whole, whatever happened inside the check
    second.commit();
    assertThat(database.count("SELECT COUNT(*) FROM writes")).isEqualTo(2);
    assertThat(guard().tryCheck(resource, isAccepted ? token : 7)).isTrue();
    assertThat(guard().tryCheck(resource, isAccepted ? token - 1 : 6)).isFalse();
  }

  private boolean accepts(Connection transaction, String resource, long token) throws SQLException {
    try {
      return guard.tryCheck(transaction, resource, token);
    } catch (SQLException e) {
      assertThat(e.getSQLState()).startsWith("40");
      return false;
    }
  }

  private static String resource(Random random) {
    return "r" + random.nextInt(FenceHistory.RESOURCES);
  }

  /** Each check in a transaction of its own. */
  private final class Transactions implements Subject {

    @Override
    public void check(String resource, long fencingToken) {
      database.inTransaction(connection -> guard.check(connection, resource, fencingToken));
    }

    @Override
    public boolean tryCheck(String resource, long fencingToken) {
      var accepted = new boolean[1];
      database.inTransaction(
          connection -> accepted[0] = guard.tryCheck(connection, resource, fencingToken));
      return accepted[0];
    }
  }
}
