//! Filter criteria (m2m:filterCriteria, TS-0004 table 6.3.5.8-1).

use super::record::record;
use crate::ResourceType;
use crate::enumeration::{
    ContentFilterSyntax, FilterOperation, FilterUsage, GeoSpatialFunction, GeometryType,
};
use crate::time::Timestamp;
use alloc::string::String;
use serde_json::Value;

record! {
    /// A condition on an attribute (m2m:attribute, TS-0004 table 6.3.5.9-1).
    AttributeCondition {
        /// Short name of the attribute.
        required name: String = "nm";
        /// Value that it shall have; text may hold the wildcard `*`.
        required value: Value = "val";
    } {}
}

record! {
    /// Which resources a request is about, and how many. Parameter `fc`.
    ///
    /// Conditions of different members combine by [`FilterCriteria::filter_operation`]; several
    /// values of one member are alternatives (TS-0001 table 8.1.2-2).
    FilterCriteria {} {
        /// Created before this time.
        optional created_before: Timestamp = "crb";
        /// Created after this time.
        optional created_after: Timestamp = "cra";
        /// Modified since this time.
        optional modified_since: Timestamp = "ms";
        /// Not modified since this time.
        optional unmodified_since: Timestamp = "us";
        /// stateTag smaller than this.
        optional state_tag_smaller: u64 = "sts";
        /// stateTag bigger than this.
        optional state_tag_bigger: u64 = "stb";
        /// Expires before this time.
        optional expire_before: Timestamp = "exb";
        /// Expires after this time.
        optional expire_after: Timestamp = "exa";
        /// Has one of these labels.
        list labels: String = "lbl";
        /// Has a child with one of these labels.
        list child_labels: String = "clbl";
        /// Its parent has one of these labels.
        list parent_labels: String = "palb";
        /// Labels match this expression.
        optional labels_query: String = "lbq";
        /// Is of one of these types.
        list resource_types: ResourceType = "ty";
        /// Has a child of one of these types.
        list child_resource_types: ResourceType = "chty";
        /// Its parent is of one of these types.
        list parent_resource_types: ResourceType = "pty";
        /// Content of at least this many bytes.
        optional size_above: u64 = "sza";
        /// Content of fewer bytes than this.
        optional size_below: u64 = "szb";
        /// Content is of one of these media types.
        list content_types: String = "cty";
        /// Attributes have these values.
        list attributes: AttributeCondition = "atr";
        /// Attributes of a child have these values.
        list child_attributes: AttributeCondition = "catr";
        /// Attributes of the parent have these values.
        list parent_attributes: AttributeCondition = "patr";
        /// The semantic descriptor matches these SPARQL queries.
        list semantics_filters: String = "smf";
        /// Language of `content_filter_query`.
        optional content_filter_syntax: ContentFilterSyntax = "cfs";
        /// The content matches this query.
        optional content_filter_query: String = "cfq";
        /// Shape of `geometry` (release 4).
        optional geometry_type: GeometryType = "gmty";
        /// GeoJSON coordinates (release 4).
        optional geometry: Value = "geom";
        /// How the resource's place relates to `geometry` (release 4).
        optional geo_spatial_function: GeoSpatialFunction = "gsf";
        /// Operations that the originator may do on it, as bits of accessControlOperations.
        optional operations: u64 = "ops";
        /// What the criteria are for.
        optional filter_usage: FilterUsage = "fu";
        /// How conditions combine; absent means AND.
        optional filter_operation: FilterOperation = "fo";
        /// At most so many results.
        optional limit: u64 = "lim";
        /// At most so many levels below the target.
        optional level: u64 = "lvl";
        /// The first result to return, counted from 1.
        optional offset: u64 = "ofst";
        /// Path to append to each found resource.
        optional apply_relative_path: String = "arp";
        /// Expression over attributes; experimental, from peers.
        optional advanced_query: String = "aq";
    }
}

impl Default for FilterCriteria {
    /// No criteria.
    fn default() -> Self {
        FilterCriteria::new()
    }
}
