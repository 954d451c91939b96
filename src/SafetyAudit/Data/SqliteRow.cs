using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;

namespace SafetyAudit.Data;

/// <summary>
/// The row at which a reader of SQLite stands, column by column. The provider asks the library three times for each value and by way of three more layers, which takes longer
/// than finding the row.
/// </summary>
readonly ref struct SqliteRow(SqliteDataReader reader)
{
    const int Null = 5;

    readonly nint statement = (reader.Handle ?? throw new InvalidOperationException("The reader is closed.")).DangerousGetHandle();

    public bool IsNull(int column) => Native.sqlite3_column_type(statement, column) == Null;

    public long Long(int column) => Native.sqlite3_column_int64(statement, column);

    public double Double(int column) => Native.sqlite3_column_double(statement, column);

    /// <summary>UTF-8; holds until the reader goes on.</summary>
    public unsafe ReadOnlySpan<byte> Text(int column)
    {
        // The text before its length, as the library asks.
        nint text = Native.sqlite3_column_text(statement, column);
        return new((void*)text, Native.sqlite3_column_bytes(statement, column));
    }

    public unsafe byte[] Bytes(int column)
    {
        nint blob = Native.sqlite3_column_blob(statement, column);
        return new ReadOnlySpan<byte>((void*)blob, Native.sqlite3_column_bytes(statement, column)).ToArray();
    }

    /// <summary>An instant as <see cref="SqliteStatement"/> and the provider write it.</summary>
    public DateTime Instant(int column)
    {
        var text = Text(column);
        if (text.Length < 19 || text[10] != ' ' || text.Length > 19 && text[19] != '.') return DateTime.Parse(Encoding.UTF8.GetString(text), CultureInfo.InvariantCulture);
        var instant = new DateTime(Digits(text[..4]), Digits(text[5..7]), Digits(text[8..10]), Digits(text[11..13]), Digits(text[14..16]), Digits(text[17..19]));
        if (text.Length == 19) return instant;
        int ticks = 0;
        for (int i = 20; i < 27; i++) ticks = ticks * 10 + (i < text.Length ? text[i] - '0' : 0);
        return instant.AddTicks(ticks);
    }

    public DateOnly Date(int column)
    {
        var text = Text(column);
        return text.Length == 10 ? new(Digits(text[..4]), Digits(text[5..7]), Digits(text[8..])) : DateOnly.Parse(Encoding.UTF8.GetString(text), CultureInfo.InvariantCulture);
    }

    static int Digits(ReadOnlySpan<byte> text)
    {
        int value = 0;
        foreach (byte digit in text) value = value * 10 + digit - '0';
        return value;
    }

    // The library that the provider has loaded, called as it is. Asking for a value of the row at hand does nothing else, so the collector need not be told.
    static class Native
    {
        const string Library = "e_sqlite3";

        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_column_type(nint statement, int column);
        [DllImport(Library), SuppressGCTransition] public static extern long sqlite3_column_int64(nint statement, int column);
        [DllImport(Library), SuppressGCTransition] public static extern double sqlite3_column_double(nint statement, int column);
        [DllImport(Library), SuppressGCTransition] public static extern nint sqlite3_column_text(nint statement, int column);
        [DllImport(Library), SuppressGCTransition] public static extern nint sqlite3_column_blob(nint statement, int column);
        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_column_bytes(nint statement, int column);
    }
}
