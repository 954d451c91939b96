using System.Text;
using System.Text.Unicode;
using SafetyAudit.Fhir;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>How a file's rows are written: as a table, as FHIR resources, or as JSON objects whose members are the columns.</summary>
public enum FileForm { Table, Fhir, Json }

/// <summary>The rows of a file, one after the other, in bounded memory whatever the file holds.</summary>
abstract class Rows : IDisposable
{
    /// <summary>Names of the columns, in the order of a row's cells.</summary>
    public abstract IReadOnlyList<string> Headers { get; }

    /// <summary>What the file names, as far as it is read; those that are no column are listed with the upload.</summary>
    public virtual IReadOnlyList<string> Named => Headers;

    /// <summary>Line on which the current row starts.</summary>
    public long Line { get; protected set; }

    /// <summary>What is wrong with the row as a whole, if anything; its cells are then not to be used.</summary>
    public Reason? Problem { get; protected set; }

    /// <summary>Bytes of the current row.</summary>
    public abstract int Length { get; }

    /// <summary>Bytes read so far, for a progress report.</summary>
    public abstract long Position { get; }

    /// <summary>Opens a file's rows of one kind, whatever kind of file it is.</summary>
    /// <param name="content">Opens the file's bytes at their beginning, as often as asked; the stream can seek, and buffers what it reads.</param>
    /// <param name="layout">The columns of the kind.</param>
    /// <exception cref="FileRefusedException">The file as a whole can't be read.</exception>
    public static Rows Open<T>(Func<Stream> content, Layout<T> layout) where T : Record, new() => FormOf(content) switch
    {
        FileForm.Table => OpenTable(content),
        FileForm.Fhir => FhirRows.Open(content, layout),
        _ => JsonRows.Open(content, layout),
    };

    /// <summary>What a file is, by its content alone.</summary>
    public static FileForm FormOf(Func<Stream> content) => !FhirFile.IsJson(content) ? FileForm.Table : FhirFile.IsFhir(content) ? FileForm.Fhir : FileForm.Json;

    /// <summary>Opens a file that is one table with a header row.</summary>
    /// <exception cref="FileRefusedException">The file as a whole can't be read.</exception>
    public static Rows OpenTable(Func<Stream> content) => XlsxRows.IsWorkbook(content) ? XlsxRows.Open(content) : CsvRows.Open(content);

    /// <summary>Moves to the next row. False at the end.</summary>
    public abstract bool Read();

    /// <summary>A cell of the current row, unquoted.</summary>
    public abstract ReadOnlySpan<byte> Cell(int column);

    /// <summary>The bytes of the current row, of which <see cref="Original"/> is the text.</summary>
    public virtual ReadOnlySpan<byte> Raw => Encoding.UTF8.GetBytes(Original());

    /// <summary>The current row as text, as it stands in the file. Bytes that no text can hold are written \xNN.</summary>
    public abstract string Original();

    /// <summary>Puts what the checks found wrong in the file's own words, and adds what reading found.</summary>
    public virtual void Complete(List<Reason> reasons) { }

    public abstract void Dispose();

    internal static string Readable(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > QuarantinedRow.LongestText) bytes = bytes[..QuarantinedRow.LongestText];
        if (Utf8.IsValid(bytes) && !bytes.Contains((byte)0)) return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            bool good = Rune.DecodeFromUtf8(bytes, out var rune, out int length) == System.Buffers.OperationStatus.Done && rune.Value != 0;
            if (good) text.Append(rune.ToString());
            else foreach (byte b in bytes[..length]) text.Append("\\x").Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            bytes = bytes[length..];
        }
        return text.ToString();
    }
}
