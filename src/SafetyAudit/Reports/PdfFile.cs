using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SafetyAudit.Reports;

/// <summary>A node of a PDF's structure: what a screen reader is told, in reading order.</summary>
/// <param name="type">Heading, paragraph, table, figure …, by PDF's own names.</param>
sealed class PdfTag(string type)
{
    public string Type { get; } = type;

    /// <summary>What stands for a picture.</summary>
    public string? Alternative { get; init; }

    /// <summary>Further entries, such as what a heading cell is the heading of.</summary>
    public string Attributes { get; init; } = "";

    public List<PdfTag> Children { get; } = [];

    /// <summary>Marked content that it holds: page and number.</summary>
    public List<(int Page, int Number)> Content { get; } = [];

    public PdfTag Add(PdfTag child)
    {
        Children.Add(child);
        return child;
    }
}

/// <summary>One page while it is being written. Lengths are points, y goes up.</summary>
sealed class PdfPage(int index)
{
    public int Index { get; } = index;
    public StringBuilder Content { get; } = new();

    /// <summary>The structure that each piece of marked content belongs to.</summary>
    public List<PdfTag> Tags { get; } = [];
}

/// <summary>
/// Writes PDF 1.7: pages of text and vectors in embedded fonts, tagged, with bookmarks. No clock and no chance goes into it, and nothing is packed, since packers differ from machine to machine: what is
/// drawn alike is the same bytes.
/// </summary>
sealed class PdfFile
{
    public const double Width = 595.28, Height = 841.89;

    readonly List<byte[]> objects = [];
    readonly SortedDictionary<ushort, Rune>[] used = [[], []];
    static readonly TrueTypeFont[] Fonts = [TrueTypeFont.Regular, TrueTypeFont.Bold];

    public List<PdfPage> Pages { get; } = [];
    public PdfTag Document { get; } = new("Document");

    /// <summary>Bookmarks: level 0 or 1, words, page and height.</summary>
    public List<(int Level, string Text, int Page, double Y)> Bookmarks { get; } = [];

    public static TrueTypeFont FontOf(bool bold) => Fonts[bold ? 1 : 0];

    public PdfPage AddPage()
    {
        var page = new PdfPage(Pages.Count);
        Pages.Add(page);
        return page;
    }

    /// <summary>What is drawn within belongs to a node of the structure.</summary>
    public static void Marked(PdfPage page, PdfTag tag, Action draw)
    {
        page.Content.Append(CultureInfo.InvariantCulture, $"/{tag.Type} <</MCID {page.Tags.Count}>> BDC\n");
        tag.Content.Add((page.Index, page.Tags.Count));
        page.Tags.Add(tag);
        draw();
        page.Content.Append("EMC\n");
    }

    /// <summary>What is drawn within is for the eye alone: rules, page numbers, repeated headings.</summary>
    public static void Artifact(PdfPage page, Action draw)
    {
        page.Content.Append("/Artifact BMC\n");
        draw();
        page.Content.Append("EMC\n");
    }

    /// <summary>One line of text, from a point on its base line.</summary>
    public void Text(PdfPage page, string text, double x, double y, double size, bool bold, string colour, double angle = 0)
    {
        if (text.Length == 0) return;
        var font = FontOf(bold);
        page.Content.Append(CultureInfo.InvariantCulture, $"BT /F{(bold ? 2 : 1)} {N(size)} Tf {colour} rg ");
        if (angle == 0) page.Content.Append(CultureInfo.InvariantCulture, $"1 0 0 1 {N(x)} {N(y)} Tm <");
        else
        {
            var (sin, cos) = Math.SinCos(angle * Math.PI / 180);
            page.Content.Append(CultureInfo.InvariantCulture, $"{N(cos)} {N(sin)} {N(-sin)} {N(cos)} {N(x)} {N(y)} Tm <");
        }
        foreach (var rune in text.EnumerateRunes())
        {
            ushort glyph = font.GlyphOf(rune);
            used[bold ? 1 : 0].TryAdd(glyph, rune);
            page.Content.Append(glyph.ToString("X4", CultureInfo.InvariantCulture));
        }
        page.Content.Append("> Tj ET\n");
    }

    /// <summary>Width of a line of text.</summary>
    public static double WidthOf(string text, double size, bool bold) => FontOf(bold).WidthOf(text) * size / 1000;

    /// <summary>A hundredth of a point is finer than any printer.</summary>
    public static string N(double value) => (Math.Round(value, 2) + 0.0).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>The file.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="subject">What it is about.</param>
    public byte[] Write(string title, string subject)
    {
        objects.Clear();
        int catalog = Reserve(), pages = Reserve(), structure = Reserve(), parents = Reserve(), metadata = Reserve(), info = Reserve();
        int[] fonts = [Reserve(), Reserve()], page = [.. Pages.Select(_ => Reserve())];
        for (int i = 0; i < fonts.Length; i++) WriteFont(fonts[i], Fonts[i], used[i]);
        foreach (var p in Pages)
        {
            int content = Stream("", Ascii(p.Content));
            Set(page[p.Index], $"<</Type/Page/Parent {pages} 0 R/MediaBox[0 0 {N(Width)} {N(Height)}]/Resources<</Font<</F1 {fonts[0]} 0 R/F2 {fonts[1]} 0 R>>>>/Contents {content} 0 R/StructParents {p.Index}/Tabs/S>>");
        }
        Set(pages, $"<</Type/Pages/Count {page.Length}/Kids[{string.Join(' ', page.Select(p => $"{p} 0 R"))}]>>");

        var places = new Dictionary<PdfTag, int>();
        Place(Document, places);
        WriteTag(Document, structure, places, page);
        Set(structure, $"<</Type/StructTreeRoot/K {places[Document]} 0 R/ParentTree {parents} 0 R/ParentTreeNextKey {Pages.Count}>>");
        Set(parents, $"<</Nums[{string.Join(' ', Pages.Select(p => $"{p.Index}[{string.Join(' ', p.Tags.Select(t => $"{places[t]} 0 R"))}]"))}]>>");
        string xmp = $"""
            <?xpacket begin="{'\uFEFF'}" id="W5M0MpCehiHzreSzNTczkc9d"?>
            <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">{Xml(title)}</rdf:li></rdf:Alt></dc:title><dc:description><rdf:Alt><rdf:li xml:lang="x-default">{Xml(subject)}</rdf:li></rdf:Alt></dc:description><pdfuaid:part>1</pdfuaid:part></rdf:Description></rdf:RDF></x:xmpmeta>
            <?xpacket end="r"?>
            """.ReplaceLineEndings("\n");
        SetStream(metadata, "/Type/Metadata/Subtype/XML", Encoding.UTF8.GetBytes(xmp));
        Set(info, $"<</Title {Words(title)}/Subject {Words(subject)}/Producer {Words("SafetyAudit")}>>");
        int outlines = WriteBookmarks(page);
        Set(catalog, $"<</Type/Catalog/Pages {pages} 0 R/MarkInfo<</Marked true>>/StructTreeRoot {structure} 0 R/Lang(en-GB)/ViewerPreferences<</DisplayDocTitle true>>/Metadata {metadata} 0 R/Outlines {outlines} 0 R/PageMode/UseOutlines>>");
        return Assemble(catalog, info);
    }

    void Place(PdfTag tag, Dictionary<PdfTag, int> places)
    {
        places[tag] = Reserve();
        foreach (var child in tag.Children) Place(child, places);
    }

    void WriteTag(PdfTag tag, int parent, Dictionary<PdfTag, int> places, int[] page)
    {
        var kids = tag.Content.Select(c => $"<</Type/MCR/Pg {page[c.Page]} 0 R/MCID {c.Number}>>").Concat(tag.Children.Select(c => $"{places[c]} 0 R"));
        Set(places[tag], $"<</Type/StructElem/S/{tag.Type}/P {parent} 0 R{(tag.Alternative is { } words ? $"/Alt {Words(words)}" : "")}{tag.Attributes}/K[{string.Join(' ', kids)}]>>");
        foreach (var child in tag.Children) WriteTag(child, places[tag], places, page);
    }

    int WriteBookmarks(int[] page)
    {
        int root = Reserve();
        int[] ids = [.. Bookmarks.Select(_ => Reserve())];
        var top = Enumerable.Range(0, ids.Length).Where(i => Bookmarks[i].Level == 0).ToList();
        for (int i = 0; i < ids.Length; i++)
        {
            var (level, text, at, y) = Bookmarks[i];
            var siblings = level == 0 ? top : Below(top.Last(t => t < i));
            int place = siblings.IndexOf(i);
            var below = level == 0 ? Below(i) : [];
            Set(ids[i], $"<</Title {Words(text)}/Parent {(level == 0 ? root : ids[top.Last(t => t < i)])} 0 R/Dest[{page[at]} 0 R/XYZ 0 {N(y)} 0]"
                + (place > 0 ? $"/Prev {ids[siblings[place - 1]]} 0 R" : "") + (place < siblings.Count - 1 ? $"/Next {ids[siblings[place + 1]]} 0 R" : "")
                + (below.Count > 0 ? $"/First {ids[below[0]]} 0 R/Last {ids[below[^1]]} 0 R/Count -{below.Count}" : "") + ">>");
        }
        Set(root, top.Count == 0 ? "<</Type/Outlines>>" : $"<</Type/Outlines/First {ids[top[0]]} 0 R/Last {ids[top[^1]]} 0 R/Count {top.Count}>>");
        return root;

        List<int> Below(int heading) => [.. Enumerable.Range(heading + 1, ids.Length - heading - 1).TakeWhile(i => Bookmarks[i].Level > 0)];
    }

    void WriteFont(int id, TrueTypeFont font, SortedDictionary<ushort, Rune> glyphs)
    {
        byte[] subset = font.Subset(glyphs.Keys);
        // Six letters tell subsets of one font apart.
        string tag = string.Concat(SHA256.HashData(subset).Take(6).Select(b => (char)('A' + b % 26))), name = $"{tag}+{font.Name}";
        int file = Stream($"/Length1 {subset.Length}", subset);
        int descriptor = Reserve(), descendant = Reserve();
        Set(descriptor, $"<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[{font.Box.Left} {font.Box.Bottom} {font.Box.Right} {font.Box.Top}]/ItalicAngle 0/Ascent {font.Ascent}/Descent {font.Descent}/CapHeight 729/StemV 80/FontFile2 {file} 0 R>>");
        Set(descendant, $"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor {descriptor} 0 R/CIDToGIDMap/Identity/DW 600/W[{string.Join(' ', glyphs.Keys.Select(g => $"{g}[{font.WidthOf(g)}]"))}]>>");
        var map = new StringBuilder("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe)/Ordering (UCS)/Supplement 0>> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n");
        foreach (var some in glyphs.Chunk(100))
        {
            map.Append(CultureInfo.InvariantCulture, $"{some.Length} beginbfchar\n");
            foreach (var (glyph, rune) in some) map.Append(CultureInfo.InvariantCulture, $"<{glyph:X4}> <{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(rune.ToString()))}>\n");
            map.Append("endbfchar\n");
        }
        int unicode = Stream("", Ascii(map.Append("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")));
        Set(id, $"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]/ToUnicode {unicode} 0 R>>");
    }

    byte[] Assemble(int catalog, int info)
    {
        // At its size from the start: an object takes its content, 20 bytes around it and 20 in the table.
        using var file = new MemoryStream(1000 + objects.Sum(o => o.Length + 45));
        void Put(string text) => file.Write(Encoding.ASCII.GetBytes(text));
        Put("%PDF-1.7\n%");
        file.Write([0xE2, 0xE3, 0xCF, 0xD3, (byte)'\n']);
        var places = new List<long>();
        for (int i = 0; i < objects.Count; i++)
        {
            places.Add(file.Position);
            Put($"{i + 1} 0 obj\n");
            file.Write(objects[i]);
            Put("\nendobj\n");
        }
        // Named by its content, as other programs name it by the time.
        string name = Convert.ToHexString(SHA256.HashData(file.GetBuffer().AsSpan(0, (int)file.Length)).AsSpan(0, 16));
        long table = file.Position;
        Put(string.Create(CultureInfo.InvariantCulture, $"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n"));
        foreach (long place in places) Put(string.Create(CultureInfo.InvariantCulture, $"{place:0000000000} 00000 n \n"));
        Put(string.Create(CultureInfo.InvariantCulture, $"trailer\n<</Size {objects.Count + 1}/Root {catalog} 0 R/Info {info} 0 R/ID[<{name}><{name}>]>>\nstartxref\n{table}\n%%EOF\n"));
        return file.ToArray();
    }

    int Reserve()
    {
        objects.Add([]);
        return objects.Count;
    }

    void Set(int id, string content) => objects[id - 1] = Encoding.ASCII.GetBytes(content);

    int Stream(string entries, byte[] content)
    {
        int id = Reserve();
        SetStream(id, entries, content);
        return id;
    }

    void SetStream(int id, string entries, byte[] content) =>
        objects[id - 1] = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<<{entries}/Length {content.Length}>>stream\n")), .. content, .. "\nendstream"u8];

    static byte[] Ascii(StringBuilder text)
    {
        byte[] bytes = new byte[text.Length];
        int at = 0;
        foreach (var chunk in text.GetChunks()) at += Encoding.ASCII.GetBytes(chunk.Span, bytes.AsSpan(at));
        return bytes;
    }

    // Words outside ASCII too: UTF-16 with its mark.
    static string Words(string text) => $"<FEFF{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text))}>";

    static string Xml(string text) => System.Net.WebUtility.HtmlEncode(text);
}
