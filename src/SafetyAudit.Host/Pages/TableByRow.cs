using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc.TagHelpers;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace SafetyAudit.Host.Pages;

/// <summary>
/// A table whose rows a narrow screen shows one below the other, each cell under the heading of its column: <c>&lt;table by-row&gt;</c>. The style sheet takes cells out of their columns there, with which a
/// browser forgets that it is a table; so its parts say what they are, and each cell carries its heading.
/// </summary>
[HtmlTargetElement("table", Attributes = Asked)]
public sealed partial class TableByRow(HtmlEncoder encoder) : TagHelper
{
    const string Asked = "by-row";

    public override async Task ProcessAsync(TagHelperContext context, TagHelperOutput output)
    {
        output.Attributes.RemoveAll(Asked);
        output.AddClass(Asked, encoder);
        output.Attributes.SetAttribute("role", "table");
        output.Content.SetHtmlContent(Labelled((await output.GetChildContentAsync(encoder)).GetContent(encoder)));
    }

    /// <summary>What stands in a table, with roles and headings. What people wrote is encoded by then, so that what looks like a part of the table is one.</summary>
    public static string Labelled(string inside)
    {
        var labelled = new StringBuilder(inside.Length * 2);
        var headings = new List<string>();
        var parts = Part().Matches(inside);
        bool inHead = false;
        int written = 0, column = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            bool closes = part.Groups["closes"].Length > 0;
            string name = part.Groups["name"].Value, attributes = part.Groups["attributes"].Value;
            if (name == "thead") inHead = !closes;
            if (closes) continue;
            labelled.Append(inside, written, part.Index + part.Length - 1 - written);
            written = part.Index + part.Length - 1;
            if (name is "thead" or "tbody" or "tfoot") labelled.Append(" role=\"rowgroup\"");
            else if (name == "tr")
            {
                labelled.Append(" role=\"row\"");
                column = 0;
            }
            else
            {
                int from = part.Index + part.Length, to = i + 1 < parts.Count ? parts[i + 1].Index : inside.Length;
                string says = Spaces().Replace(Tag().Replace(inside[from..to], " "), " ").Trim();
                int columns = Columns().Match(attributes) is { Success: true } several ? int.Parse(several.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : 1;
                labelled.Append(name == "td" ? " role=\"cell\"" : inHead ? " role=\"columnheader\"" : " role=\"rowheader\"");
                if (inHead) headings.Add(says);
                else if (says.Length == 0 && !inside.AsSpan(from, to - from).Contains('<')) labelled.Append(" data-blank");
                else if (name == "td" && columns == 1 && column < headings.Count) labelled.Append(" data-label=\"").Append(headings[column].Replace("\"", "&quot;", StringComparison.Ordinal)).Append('"');
                column += columns;
            }
        }
        return labelled.Append(inside, written, inside.Length - written).ToString();
    }

    [GeneratedRegex("<(?<closes>/?)(?<name>thead|tbody|tfoot|tr|th|td)\\b(?<attributes>[^>]*)>")]
    private static partial Regex Part();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex("colspan=\"?([0-9]+)")]
    private static partial Regex Columns();
}
