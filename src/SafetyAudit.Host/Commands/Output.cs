using System.Globalization;
using System.Text.Json;
using CsvHelper;
using SafetyAudit.Data;
using Spectre.Console;

namespace SafetyAudit.Host.Commands;

/// <summary>How a verb prints its rows.</summary>
enum Format { Table, Csv, Json }

/// <summary>One column of printed rows: a name that scripts rely on, and its value (text, number, date or nothing).</summary>
sealed record OutputColumn<T>(string Name, Func<T, object?> Value);

static class Output
{
    /// <summary>Prints rows as a table for people, or as CSV or JSON alone on standard output for programs.</summary>
    public static void Write<T>(IReadOnlyCollection<T> rows, IReadOnlyList<OutputColumn<T>> columns, Format format)
    {
        switch (format)
        {
            case Format.Csv: WriteCsv(rows, columns); break;
            case Format.Json:
                using (var stdout = Console.OpenStandardOutput()) WriteJson(stdout, rows, columns);
                break;
            default: WriteTable(rows, columns); break;
        }
    }

    /// <summary>A value as CSV and scripts get it: invariant culture, dates yyyy-MM-dd, instants RFC 3339 in UTC.</summary>
    public static string Invariant(object? value) => value switch
    {
        null => "",
        string text => text,
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime instant => instant.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    static void WriteCsv<T>(IReadOnlyCollection<T> rows, IReadOnlyList<OutputColumn<T>> columns)
    {
        using var stdout = Console.OpenStandardOutput();
        WriteCsv(rows, columns, stdout);
    }

    /// <summary>Rows as CSV. Texts go out as <see cref="CsvText"/> says; numbers and dates as they are.</summary>
    internal static void WriteCsv<T>(IReadOnlyCollection<T> rows, IReadOnlyList<OutputColumn<T>> columns, Stream output)
    {
        using var csv = CsvWriter.Create(output, new CsvWriterOptions(), leaveOpen: true);
        foreach (var column in columns) csv.WriteField(column.Name);
        csv.EndRecord();
        foreach (var row in rows)
        {
            foreach (var column in columns)
                switch (column.Value(row))
                {
                    case double number: csv.WriteField(number); break;
                    case string text: csv.WriteField(CsvText.Out(text)); break;
                    case var other: csv.WriteField(Invariant(other)); break;
                }
            csv.EndRecord();
        }
    }

    /// <summary>The rows as a JSON array of objects, one field per column.</summary>
    public static void WriteJson<T>(Stream stream, IReadOnlyCollection<T> rows, IReadOnlyList<OutputColumn<T>> columns)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = Json.Options.Encoder });
        json.WriteStartArray();
        foreach (var row in rows)
        {
            json.WriteStartObject();
            foreach (var column in columns)
            {
                json.WritePropertyName(column.Name);
                switch (column.Value(row))
                {
                    case null: json.WriteNullValue(); break;
                    case double number: json.WriteNumberValue(number); break;
                    case long number: json.WriteNumberValue(number); break;
                    case int number: json.WriteNumberValue(number); break;
                    case var other: json.WriteStringValue(Invariant(other)); break;
                }
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.Flush();
        stream.Write("\n"u8);
    }

    static void WriteTable<T>(IReadOnlyCollection<T> rows, IReadOnlyList<OutputColumn<T>> columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns) table.AddColumn(new TableColumn(new Text(column.Name)) { NoWrap = true });
        foreach (var row in rows)
            table.AddRow(columns.Select(c => new Text(c.Value(row) switch { double number => number.ToString("0.###", CultureInfo.InvariantCulture), var other => Invariant(other) })));
        // A pipe has no width: give the table what it needs rather than fold it.
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 4000;
        AnsiConsole.Write(table);
    }
}
