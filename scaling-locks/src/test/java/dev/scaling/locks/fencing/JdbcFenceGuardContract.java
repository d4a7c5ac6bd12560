package dev.scaling.locks.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
  private final List<Connection> open = new ArrayList<>();

  abstract Connection connect() throws SQLException;

  /** Returns whether somebody waits for another transaction. */
  abstract boolean isWaiting() throws SQLException;

  @Override
  Subject guard() {
    return new Transactions();
  }

  @Override
  int mostBytes() {
    return 255;
  }

  @BeforeEach
  void createTables() throws SQLException {
    dropTables();
    execute(JdbcFenceGuard.DDL.replace("fencing_tokens", "invoices"));
    execute(
        "CREATE TABLE writes (id INTEGER GENERATED ALWAYS AS IDENTITY, resource VARCHAR(9), token BIGINT)");
  }

  @AfterEach
  void disconnect() throws SQLException {
    for (Connection connection : open) {
      connection.close();
    }
    dropTables();
  }

  @Test
  void connectionInAutoCommit_isRefused() throws SQLException {
    try (var connection = connect()) {
      assertThatIllegalStateException()
          .isThrownBy(() -> guard.check(connection, "a", 1))
          .withMessage("invoices: auto-commit is on, so check and write would not be atomic:"
              + " switch it off");
    }
  }

  @Test
  void rollback_takesTheTokenBack() throws SQLException {
    var transaction = begin();
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
      var transaction = begin();
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
        (random, i) -> inTransaction(connection -> {
          String resource = resource(random);
          long token = FenceHistory.token(random, i);
          if (guard.tryCheck(connection, resource, token)) {
            write(connection, resource, token);
          }
        }));

    assertThat(written(0)).hasSizeGreaterThan(3);
    assertThat(anyGoesBack()).isFalse();
  }

  /** A control: the check is committed before the write begins. */
  @Test
  void checkInATransactionOfItsOwn_isCaught() throws Exception {
    for (long seed = 0; seed < 100 && !anyGoesBack(); seed++) {
      FenceHistory.run(
          seed,
          /* steps= */ 150,
          (random, i) -> {
            String resource = resource(random);
            long token = FenceHistory.token(random, i);
            if (guard().tryCheck(resource, token)) {
              inTransaction(connection -> write(connection, resource, token));
            }
          });
    }

    assertThat(anyGoesBack()).isTrue();
  }

  /** A control: one statement reads, another writes, and nothing is locked in between. */
  @Test
  void guardThatReadsAndThenWrites_isCaught() throws Exception {
    for (int i = 0; i < FenceHistory.RESOURCES; i++) {
      guard().check("r" + i, 1);
    }
    for (long seed = 0; seed < 100 && !anyGoesBack(); seed++) {
      FenceHistory.run(
          seed,
          /* steps= */ 150,
          (random, i) -> inTransaction(connection -> {
            String resource = resource(random);
            long token = FenceHistory.token(random, i);
            if (number(
                    connection,
                    "SELECT fencing_token FROM invoices WHERE resource_name = '" + resource + "'")
                <= token) {
              execute(
                  connection,
                  "UPDATE invoices SET fencing_token = " + token + " WHERE resource_name = '"
                      + resource + "'");
              write(connection, resource, token);
            }
          }));
    }

    assertThat(anyGoesBack()).isTrue();
  }

  @Test
  void tableThatIsNotThere_failsAsTheDatabaseSays() throws SQLException {
    var transaction = begin();

    assertThatExceptionOfType(SQLException.class)
        .isThrownBy(() -> FenceGuard.jdbc("nowhere").check(transaction, "a", 1));
  }

  @Test
  void nameWithNul_isRefused() throws SQLException {
    var transaction = begin();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> guard.check(transaction, "a\0", 1))
        .withMessage("invoices: resource must not hold the character NUL");
  }

  /** Two transactions at a time, with tokens 7 and `second`; both wrote something else before. */
  private void assertThatTheSecondWaits(
      String resource, boolean isCommitted, long token, boolean isAccepted) throws Exception {
    var first = begin();
    var second = begin();
    guard.check(first, resource, 7);
    write(second, "before", 1);
    var end = CompletableFuture.supplyAsync(
        () -> unchecked(() -> guard.tryCheck(second, resource, token)),
        work -> new Thread(work).start());
    await().until(this::isWaiting);
    assertThat(end).isNotDone();

    if (isCommitted) {
      first.commit();
    } else {
      first.rollback();
    }

    assertThat(end.get()).isEqualTo(isAccepted);
    write(second, "after", 1); // the transaction is whole, whatever happened inside the check
    second.commit();
    assertThat(count("SELECT COUNT(*) FROM writes")).isEqualTo(2);
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

  final Connection begin() throws SQLException {
    var connection = connect();
    open.add(connection);
    connection.setAutoCommit(false);
    return connection;
  }

  private boolean anyGoesBack() throws SQLException {
    for (int i = 0; i < FenceHistory.RESOURCES; i++) {
      if (FenceHistory.goesBack(written(i))) {
        return true;
      }
    }
    return false;
  }

  private List<Long> written(int resource) throws SQLException {
    List<Long> tokens = new ArrayList<>();
    try (var connection = connect();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(
            "SELECT token FROM writes WHERE resource = 'r" + resource + "' ORDER BY id")) {
      while (rows.next()) {
        tokens.add(rows.getLong(1));
      }
    }
    return tokens;
  }

  private static String resource(Random random) {
    return "r" + random.nextInt(FenceHistory.RESOURCES);
  }

  private static void write(Connection connection, String resource, long token)
      throws SQLException {
    execute(
        connection,
        "INSERT INTO writes (resource, token) VALUES ('" + resource + "', " + token + ")");
  }

  private void inTransaction(Work work) {
    unchecked(() -> {
      try (var connection = connect()) {
        connection.setAutoCommit(false);
        work.run(connection);
        connection.commit();
        return true;
      }
    });
  }

  final void execute(String sql) throws SQLException {
    try (var connection = connect()) {
      execute(connection, sql);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  final long count(String sql) throws SQLException {
    try (var connection = connect()) {
      return number(connection, sql);
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private void dropTables() throws SQLException {
    execute("DROP TABLE IF EXISTS invoices");
    execute("DROP TABLE IF EXISTS writes");
  }

  private static <T> T unchecked(Callable<T> call) {
    try {
      return call.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }

  private interface Work {
    void run(Connection connection) throws SQLException;
  }

  /** Each check in a transaction of its own. */
  private final class Transactions implements Subject {

    @Override
    public void check(String resource, long fencingToken) {
      inTransaction(connection -> guard.check(connection, resource, fencingToken));
    }

    @Override
    public boolean tryCheck(String resource, long fencingToken) {
      var accepted = new boolean[1];
      inTransaction(connection -> accepted[0] = guard.tryCheck(connection, resource, fencingToken));
      return accepted[0];
    }
  }
}
